-- Scores of parts of countries, as published.
with figures as (
    select * from {{ ref('int_perception') }}
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
        figures.index_code,
        figures.score,
        figures.score_low,
        figures.score_high,
        figures.standard_error,
        figures.n_sources,
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
