-- To and from which countries does a country gain or lose members of LinkedIn, and how does the other side see it?
with pairs as (
    select * from {{ ref('fct_talent_net') }}
    where dimension = 'country'
),

components as (
    select
        iso3,
        partner_iso3,
        year,
        'net_per_10000' as component,
        net_per_10000 as value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from pairs
    union all
    select
        partner_iso3 as iso3,
        iso3 as partner_iso3,
        year,
        'partner_net_per_10000' as component,
        net_per_10000 as value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from pairs
),

side_by_side as (
    select
        iso3,
        partner_iso3,
        year,
        {{ component_values(['net_per_10000', 'partner_net_per_10000']) }},
        {{ component_provenance(['net_per_10000', 'partner_net_per_10000']) }}
    from components
    group by iso3, partner_iso3, year
),

ranked as (
    select
        *,
        cast(rank() over (partition by iso3, year order by net_per_10000 desc) as integer) as rank_in_country,
        cast(count(net_per_10000) over (partition by iso3, year) as integer) as partners_in_country
    from side_by_side
),

final as (
    select
        iso3,
        partner_iso3,
        year,
        net_per_10000,
        partner_net_per_10000,
        rank_in_country,
        partners_in_country,
        {{ mart_tail() }}
    from ranked
)

select * from final
