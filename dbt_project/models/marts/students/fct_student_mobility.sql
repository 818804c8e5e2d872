-- Students by country of origin and of study, as hosts or the OECD count them.
with figures as (
    select * from {{ ref('int_student_mobility') }}
),

parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

final as (
    select
        figures.origin_iso3,
        figures.destination_iso3,
        figures.year,
        figures.measure,
        figures.education,
        figures.sex,
        figures.mobility,
        figures.breakdown,
        figures.students,
        figures.missing_reason,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
    where {{ are_countries(['figures.origin_type', 'figures.destination_type']) }}
)

select * from final
