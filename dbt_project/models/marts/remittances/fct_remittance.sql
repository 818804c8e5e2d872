-- Remittances from country to country, as modelled.
with figures as (
    select * from {{ ref('int_remittances') }}
),

parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

final as (
    select
        figures.sending_iso3,
        figures.receiving_iso3,
        figures.year,
        figures.remittances_usd,
        figures.missing_reason,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
    where {{ are_countries(['figures.sending_type', 'figures.receiving_type']) }}
)

select * from final
