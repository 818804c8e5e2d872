-- People living in another country than that of their birth, by education: one published figure a row.
with figures as (
    select * from {{ ref('int_skilled_stock') }}
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
        figures.education,
        figures.age_group,
        figures.method_id,
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
        figures.birth_place = 'foreign'
        and {{ are_countries(['figures.origin_type', 'figures.destination_type']) }}
)

select * from final
