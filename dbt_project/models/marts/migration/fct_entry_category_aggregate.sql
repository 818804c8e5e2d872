-- Inflows by category of entry of groups of countries.
with figures as (
    select * from {{ ref('int_entry_categories') }}
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
        figures.stay,
        figures.category,
        figures.persons,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
    where not coalesce({{ are_countries(['figures.entity_type']) }}, false)
)

select * from final
