-- Researchers and spending on research and development of groups of countries; never to be summed with countries.
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
        figures.country_code,
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
    where not ({{ are_countries(['figures.entity_type']) }})
)

select * from final
