-- Doctors and nurses of all origins, or in all other destinations; never to be summed with, or into, countries.
with figures as (
    select * from {{ ref('int_health_workforce') }}
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
        figures.origin_code,
        figures.destination_iso3,
        figures.destination_code,
        figures.year,
        figures.profession,
        figures.measure,
        figures.training_place,
        figures.value,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
    where not ({{ are_countries(['figures.origin_type', 'figures.destination_type']) }})
)

select * from final
