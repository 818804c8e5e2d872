-- How well the population of a country is educated: one published figure a row.
with figures as (
    select * from {{ ref('int_attainment') }}
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
        figures.sex,
        figures.age_group,
        figures.education,
        figures.birth_place,
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
        figures.region_code is null
        and {{ are_countries(['figures.entity_type']) }}
)

select * from final
