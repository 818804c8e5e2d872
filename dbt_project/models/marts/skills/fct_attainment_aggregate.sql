-- Education of groups of countries, and of regions within countries; never to be summed with countries.
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
        figures.region_code,
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
        figures.region_code is not null
        or not ({{ are_countries(['figures.entity_type']) }})
)

select * from final
