-- Employment, participation and unemployment by place of birth, of the OECD and the ILO, in one shape.
with oecd_by_education as (
    {{ in_force(
        ref('stg_oecd__employment_by_education'),
        ['part', 'reference_area_code', 'measure', 'sex', 'birth_place', 'education', 'year']
    ) }}
),

oecd_by_sex as (
    {{ in_force(
        ref('stg_oecd__labour_market_by_sex'),
        ['part', 'reference_area_code', 'measure', 'sex', 'birth_place', 'year']
    ) }}
),

ilo_by_education as (
    {{ in_force(
        ref('stg_ilo__employment_rate_by_education'),
        ['part', 'reference_area_code', 'sex', 'education', 'birth_place', 'year']
    ) }}
),

oecd_rates as (
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        sex,
        education as education_code,
        birth_place as birth_code,
        measure as measure_code,
        rate_pct,
        obs_status,
        published,
        recorded_at,
        receipt
    from oecd_by_education
    union all
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        sex,
        '_Z' as education_code,
        birth_place as birth_code,
        measure as measure_code,
        rate_pct,
        obs_status,
        published,
        recorded_at,
        receipt
    from oecd_by_sex
),

ilo_rates as (
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        sex,
        education as education_code,
        birth_place as birth_code,
        measure as measure_code,
        rate_pct,
        obs_status,
        published,
        recorded_at,
        receipt
    from ilo_by_education
),

under_keys as (
    {{ under_country_keys('oecd_rates', {'country': 'oecd_area'}) }}
    union all
    {{ under_country_keys('ilo_rates', {'country': 'ilo_area'}) }}
),

final as (
    select
        *,
        case
            when dataset_id = 'ilo_employment_rate_by_education' then 'Y_GE15'
            else 'Y15-64'
        end as age_group,
        case measure_code
            when 'EMP_WAP' then 'employment_rate'
            when 'EMP_DWAP_RT' then 'employment_rate'
            when 'LF_RATE' then 'participation_rate'
            when 'UNE_RATE' then 'unemployment_rate'
        end as measure,
        case birth_code
            when 'NB' then 'native'
            when 'CBR_BIR_NATIVE' then 'native'
            when 'FB' then 'foreign'
            when 'CBR_BIR_FOREIGN' then 'foreign'
            when 'CBR_BIR_X' then 'unknown'
            when '_T' then 'total'
            when 'CBR_BIR_TOTAL' then 'total'
        end as birth_place,
        case education_code
            when 'ISCED11_0T2' then 'low'
            when 'ISCED11_3_4' then 'medium'
            when 'ISCED11_5T8' then 'high'
            when '_T' then 'total'
            when '_Z' then 'total'
            when 'EDU_AGGREGATE_LTB' then 'less_than_basic'
            when 'EDU_AGGREGATE_BAS' then 'basic'
            when 'EDU_AGGREGATE_INT' then 'medium'
            when 'EDU_AGGREGATE_ADV' then 'high'
            when 'EDU_AGGREGATE_X' then 'unknown'
            when 'EDU_AGGREGATE_TOTAL' then 'total'
        end as education
    from under_keys
)

select * from final
