-- First and last quarter in which moves between two US states can be observed; outside, a missing row is not zero.
with figures as (
    select * from {{ ref('int_job_to_job_windows') }}
),

parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

final as (
    select
        figures.origin_state_iso3 as origin_state,
        figures.destination_state_iso3 as destination_state,
        figures.start_year,
        figures.start_quarter,
        figures.end_year,
        figures.end_quarter,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
)

select * from final
