-- Yearly flows whose partner is no country: all partners, groups, residuals.
with figures as (
    select * from {{ ref('int_migration_flows') }}
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
        case
            when figures.concept = 'previous_residence' then figures.partner_iso3
            when figures.measure = 'outflow' then figures.reporter_iso3
        end as origin_iso3,
        case
            when figures.concept = 'next_residence' then figures.partner_iso3
            when figures.measure like '%inflow' then figures.reporter_iso3
        end as destination_iso3,
        figures.year,
        figures.sex,
        figures.measure,
        figures.concept,
        figures.age_definition,
        figures.persons,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
    where not coalesce(
        figures.partner_type in ('sovereign', 'territory', 'dissolved', 'nationals')
        and {{ are_countries(['figures.reporter_type']) }}, false
    )
)

select * from final
