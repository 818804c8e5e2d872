-- Emigrants, residents and emigration rates by education as their authors give them: one published figure a row.
with figures as (
    select * from {{ ref('int_skilled_emigration') }}
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
        figures.year,
        figures.sex,
        figures.education,
        figures.method_id,
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
    where
        {{ are_countries(['figures.origin_type']) }}
)

select * from final
