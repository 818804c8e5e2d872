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
        figures.obs_status,
        parts.method_id,
        figures.dataset_id,
        datasets.source_id,
        datasets.licence,
        datasets.is_redistributable as is_publishable,
        figures.published,
        figures.recorded_at,
        figures.receipt,
        {{ release_columns() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.indicator_code = parts.part
    where figures.entity_type in ('sovereign', 'territory', 'dissolved')
)

select * from final
