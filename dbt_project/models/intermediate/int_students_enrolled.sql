-- Mobile students enrolled in tertiary education, of both sexes and all programmes, between two different countries.
{{ config(materialized='view') }}

with students as (
    select * from {{ ref('fct_student_mobility') }}
),

final as (
    select
        case dataset_id
            when 'oecd_mobile_students' then 'oecd_by_host'
            when 'oecd_students_abroad' then 'oecd_by_origin'
            when 'eurostat_educ_uoe_mobs02' then 'eurostat_by_host'
        end as collection,
        origin_iso3,
        destination_iso3,
        year,
        students,
        missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from students
    where
        measure = 'enrolled'
        and education = '5-8'
        and sex = 'T'
        and mobility = 'mobile'
        and breakdown = 'none'
        and origin_iso3 <> destination_iso3
)

select * from final
