-- In which industries and skills does a country gain or lose members of LinkedIn to other countries?
with net_moves as (
    select * from {{ ref('fct_talent_net') }}
    where dimension in ('industry', 'skill')
),

sections as (
    select * from {{ ref('isic_section') }}
),

measured as (
    select
        iso3,
        dimension,
        item_code,
        year,
        max(item_name) as item_name,
        max(isic_section) as isic_section,
        max(skill_category) as skill_category,
        max(net_per_10000) as net_per_10000,
        cast(count(net_per_10000) as integer) as n_components_present,
        1 as n_components_total,
        max(case when net_per_10000 is not null then year end) as oldest_component_year,
        max(case when net_per_10000 is null then 'net_per_10000: no figure' end) as missing_components,
        {{ provenance_of_group() }}
    from net_moves
    group by iso3, dimension, item_code, year
),

ranked as (
    select
        *,
        cast(
            rank() over (partition by iso3, dimension, year order by net_per_10000 desc) as integer
        ) as rank_in_country,
        cast(
            count(*) over (partition by iso3, dimension, year) as integer
        ) as items_in_country,
        cast(
            rank() over (partition by dimension, item_code, year order by net_per_10000 desc) as integer
        ) as rank_in_item,
        cast(
            count(*) over (partition by dimension, item_code, year) as integer
        ) as countries_in_item
    from measured
),

final as (
    select
        ranked.iso3,
        ranked.dimension,
        ranked.item_code,
        ranked.item_name,
        ranked.year,
        ranked.isic_section,
        sections.title as isic_section_name,
        ranked.skill_category,
        ranked.net_per_10000,
        ranked.rank_in_country,
        ranked.items_in_country,
        ranked.rank_in_item,
        ranked.countries_in_item,
        {{ mart_tail('ranked') }}
    from ranked
    left join sections
        on ranked.isic_section = sections.isic_section
)

select * from final
