-- Net moves of LinkedIn's members by country and partner, industry or skill group, per 10,000 members.
with figures as (
    select * from {{ ref('int_talent_net') }}
),

parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

countries as (
    select * from {{ ref('country') }}
),

final as (
    select
        figures.iso3,
        figures.dimension,
        coalesce(figures.item_code, figures.partner_iso3) as item_code,
        coalesce(figures.item_name, partners.name_en) as item_name,
        figures.partner_iso3,
        figures.year,
        figures.isic_section,
        figures.skill_category,
        figures.net_per_10000,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
    left join countries as partners
        on figures.partner_iso3 = partners.iso3
)

select * from final
