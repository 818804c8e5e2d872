-- Figures of countries: one row per country, indicator and year, never of an aggregate.
with figures as (
    select * from {{ ref('int_indicator_values') }}
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
        figures.indicator_code,
        figures.year,
        figures.value,
        parts.unit,
        parts.method_id,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.indicator_code = parts.part
    where {{ are_countries(['figures.entity_type']) }}
)

select * from final
