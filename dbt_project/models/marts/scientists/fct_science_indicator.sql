-- Researchers and spending on research and development, by country and year.
with figures as (
    select * from {{ ref('int_science_indicators') }}
),

parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

final as (
    select
        figures.iso3,
        figures.year,
        figures.measure,
        figures.value,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
    where {{ are_countries(['figures.entity_type']) }}
)

select * from final
