-- Over-qualification rates by citizenship and by country of birth in one shape; countries and aggregates alike.
with by_citizenship as (
    {{ in_force(
        ref('stg_eurostat__overqualification_by_citizenship'),
        ['part', 'citizenship_code', 'age', 'sex', 'reference_area_code', 'year']
    ) }}
),

by_birth as (
    {{ in_force(
        ref('stg_eurostat__overqualification_by_birth'),
        ['part', 'birth_country_code', 'age', 'sex', 'reference_area_code', 'year']
    ) }}
),

rates as (
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        sex,
        age as age_group,
        citizenship_code as group_code,
        'citizenship' as basis,
        rate_pct,
        obs_status,
        published,
        recorded_at,
        receipt
    from by_citizenship
    union all
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        sex,
        age as age_group,
        birth_country_code as group_code,
        'birth' as basis,
        rate_pct,
        -- a figure held back is unknown as one that is too uncertain is, for another reason
        nullif(concat_ws('; ', obs_status, confidentiality_status), '') as obs_status,
        published,
        recorded_at,
        receipt
    from by_birth
),

grouped as (
    select
        *,
        case group_code
            when 'NAT' then case basis when 'citizenship' then 'nationals' else 'native_born' end
            when 'EU27_2020_FOR' then 'eu'
            when 'NEU27_2020_FOR' then 'non_eu'
            when 'FOR' then 'foreign'
            when 'STLS' then 'stateless'
            when 'NRP' then 'no_response'
            when 'UNK' then 'unknown'
            when 'TOTAL' then 'total'
        end as origin_group
    from rates
),

final as (
    {{ under_country_keys('grouped', {'country': 'eurostat_geo'}) }}
)

select * from final
