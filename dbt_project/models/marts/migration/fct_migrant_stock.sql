-- People who live in one country and come from another, by the stock tables of every publisher.
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
    where
        figures.origin_type in ('sovereign', 'territory', 'dissolved')
        and {{ are_countries(['figures.destination_type']) }}
)

select * from final
