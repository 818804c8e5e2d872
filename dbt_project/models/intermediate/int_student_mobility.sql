-- Students by country of origin and of study, of every collection, in one shape; countries and aggregates alike.
{%- set oecd_key = [
    'part', 'reference_area_code', 'education', 'education_type', 'intensity', 'education_field', 'grade',
    'origin_code', 'destination_code', 'inst_type_edu', 'mobility', 'unit', 'sex', 'age', 'year'
] %}

with oecd_by_host as (
    {{ in_force(ref('stg_oecd__mobile_students'), oecd_key) }}
),

oecd_by_origin as (
    {{ in_force(ref('stg_oecd__students_abroad'), oecd_key) }}
),

eurostat as (
    {{ in_force(ref('stg_eurostat__mobile_students'), ['part', 'origin_code', 'reference_area_code', 'year']) }}
),

-- The reporting country is the host in one flow and the origin in the other; the dimension that it fills says _Z.
oecd_students as (
    {% for relation in ['oecd_by_host', 'oecd_by_origin'] %}
        select
            dataset_id,
            part,
            coalesce(nullif(origin_code, '_Z'), reference_area_code) as origin_code,
            coalesce(nullif(destination_code, '_Z'), reference_area_code) as destination_code,
            year,
            case measure when 'ENRL' then 'enrolled' when 'GRAD' then 'graduated' else lower(measure) end as measure,
            case education when 'ISCED11_5T8' then '5-8' else education end as education,
            sex,
            case mobility when 'MOB' then 'mobile' else lower(mobility) end as mobility,
            coalesce(nullif(concat_ws(
                '; ',
                case when education_type <> '_T' then 'EDUCATION_TYPE=' || education_type end,
                case when intensity <> '_T' then 'INTENSITY=' || intensity end,
                case when education_field <> '_T' then 'EDUCATION_FIELD=' || education_field end,
                case when grade <> '_T' then 'GRADE=' || grade end,
                case when inst_type_edu <> '_T' then 'INST_TYPE_EDU=' || inst_type_edu end,
                case when age <> '_T' then 'AGE=' || age end,
                case when unit <> 'PS' then 'UNIT_MEASURE=' || unit end
            ), ''), 'none') as breakdown,
            value as students,
            case
                when value is not null then null
                when confidentiality_status in ('C', 'N') then 'confidential'
                when obs_status = 'M' then 'does not apply'
                else 'not reported'
            end as missing_reason,
            obs_status,
            published,
            recorded_at,
            receipt
        from {{ relation }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

eurostat_students as (
    select
        dataset_id,
        part,
        origin_code,
        reference_area_code as destination_code,
        year,
        'enrolled' as measure,
        case education when 'ED5-8' then '5-8' else education end as education,
        sex,
        'mobile' as mobility,
        'none' as breakdown,
        students,
        case
            when students is not null then null
            when confidentiality_status in ('C', 'N') then 'confidential'
            else 'not reported'
        end as missing_reason,
        obs_status,
        published,
        recorded_at,
        receipt
    from eurostat
),

oecd_by_country as (
    {{ under_country_keys('oecd_students', {'origin': 'oecd_area', 'destination': 'oecd_area'}) }}
),

eurostat_by_country as (
    {{ under_country_keys('eurostat_students', {'origin': 'eurostat_geo', 'destination': 'eurostat_geo'}) }}
),

final as (
    select * from oecd_by_country
    union all
    select * from eurostat_by_country
)

select * from final
