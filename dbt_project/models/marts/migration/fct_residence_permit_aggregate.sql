-- First residence permits to all citizens together, or of groups of countries.
with figures as (
    select * from {{ ref('int_residence_permits') }}
),

parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

final as (
    select
        figures.reporter_iso3,
        figures.partner_iso3,
        figures.reporter_type,
        figures.partner_type,
        figures.reporter_code,
        figures.partner_code,
        figures.year,
        figures.reason,
        figures.duration,
        figures.permits,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
    where not coalesce(
        figures.partner_type in ('sovereign', 'territory', 'dissolved')
        and {{ are_countries(['figures.reporter_type']) }}, false
    )
)

select * from final
