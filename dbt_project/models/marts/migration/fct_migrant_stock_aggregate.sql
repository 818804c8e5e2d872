-- Stocks not between two countries: all origins or destinations, groups, residuals, natives and nationals at home.
with figures as (
    select * from {{ ref('int_migrant_stocks') }}
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
        figures.origin_type,
        figures.destination_type,
        figures.origin_code,
        figures.destination_code,
        figures.year,
        figures.sex,
        figures.basis,
        figures.persons,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
    where not coalesce(
        figures.origin_type in ('sovereign', 'territory', 'dissolved')
        and {{ are_countries(['figures.destination_type']) }}, false
    )
)

select * from final
