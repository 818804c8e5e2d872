-- Mean monthly earnings by occupation, as published.
with figures as (
    select * from {{ ref('int_earnings_by_occupation') }}
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
        figures.occupation,
        figures.currency,
        figures.monthly_earnings,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
    where {{ are_countries(['figures.entity_type']) }}
)

select * from final
