-- Which part of a country's doctors and nurses were trained abroad, and where?
{%- set published = {'foreign_trained_stock': 'stock', 'foreign_trained_share_pct': 'share_pct', 'inflow': 'inflow'} %}
{%- set components = published.keys() | list + ['listed_stock', 'practising_stock'] %}

with origins as (
    select * from {{ ref('fct_health_workforce') }}
    where
        dataset_id = 'oecd_health_wfmi'
        and measure = 'stock'
        and training_place = 'foreign_trained'
        and origin_iso3 <> destination_iso3
        and value is not null
),

totals as (
    select aggregates.*
    from {{ ref('fct_health_workforce_aggregate') }} as aggregates
    inner join {{ ref('country') }} as countries
        on aggregates.destination_iso3 = countries.iso3
    where
        aggregates.dataset_id = 'oecd_health_wfmi'
        and aggregates.training_place = 'foreign_trained'
        and aggregates.origin_iso3 = 'WLD'
        and {{ are_countries(['countries.entity_type']) }}
),

at_home as (
    select * from {{ ref('int_health_workers_at_home') }}
),

counted as (
    {% for component, measure in published.items() %}
        select
            destination_iso3,
            year,
            profession,
            '{{ component }}' as component,
            value,
            estimate_kind,
            source_id,
            licence,
            is_publishable,
            recorded_at
        from totals
        where measure = '{{ measure }}'
        union all
    {% endfor %}
    select
        destination_iso3,
        year,
        profession,
        'listed_stock' as component,
        sum(value) over (partition by destination_iso3, year, profession) as value,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from origins
),

destination_years as (
    select distinct
        destination_iso3,
        year,
        profession
    from counted
),

components as (
    select
        destination_iso3,
        year,
        profession,
        component,
        value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from counted
    union all
    select
        destination_years.destination_iso3,
        destination_years.year,
        destination_years.profession,
        'practising_stock' as component,
        at_home.home_stock as value,
        at_home.home_year as component_year,
        cast(null as varchar) as missing_reason,
        at_home.estimate_kind,
        at_home.source_id,
        at_home.licence,
        at_home.is_publishable,
        at_home.recorded_at
    from destination_years
    inner join at_home
        on
            destination_years.destination_iso3 = at_home.iso3
            and destination_years.year = at_home.year
            and destination_years.profession = at_home.profession
),

side_by_side as (
    select
        destination_iso3,
        year,
        profession,
        {{ component_values(components) }},
        max(case when component = 'practising_stock' then component_year end) as practising_year,
        {{ component_provenance(components) }}
    from components
    group by destination_iso3, year, profession
),

origins_in_order as (
    select
        *,
        case
            when value > 0 then origin_iso3 || ' ' || cast(cast(round(value) as bigint) as varchar)
        end as origin_and_stock,
        row_number() over (
            partition by destination_iso3, year, profession
            order by value desc, origin_iso3 asc
        ) as place
    from origins
),

origins_by_destination as (
    select
        destination_iso3,
        year,
        profession,
        cast(count(*) as integer) as n_origins_listed,
        max(case when place = 1 and value > 0 then origin_iso3 end) as top_origin_iso3,
        max(case when place = 1 and value > 0 then value end) as top_origin_stock,
        nullif(concat_ws(
            '; ',
            max(case when place = 1 then origin_and_stock end),
            max(case when place = 2 then origin_and_stock end),
            max(case when place = 3 then origin_and_stock end)
        ), '') as top_origins
    from origins_in_order
    group by destination_iso3, year, profession
),

final as (
    select
        side_by_side.destination_iso3,
        side_by_side.year,
        side_by_side.profession,
        side_by_side.foreign_trained_stock,
        side_by_side.listed_stock,
        side_by_side.foreign_trained_stock - side_by_side.listed_stock as unlisted_stock,
        side_by_side.foreign_trained_share_pct,
        side_by_side.inflow,
        side_by_side.practising_stock,
        cast(side_by_side.practising_year as integer) as practising_year,
        {{ share('side_by_side.listed_stock', 'side_by_side.practising_stock') }} as listed_per_practising,
        coalesce(origins_by_destination.n_origins_listed, 0) as n_origins_listed,
        origins_by_destination.top_origin_iso3,
        {{ share('origins_by_destination.top_origin_stock', 'side_by_side.listed_stock') }} as top_origin_share,
        origins_by_destination.top_origins,
        {{ mart_tail('side_by_side') }}
    from side_by_side
    left join origins_by_destination
        on
            side_by_side.destination_iso3 = origins_by_destination.destination_iso3
            and side_by_side.year = origins_by_destination.year
            and side_by_side.profession = origins_by_destination.profession
)

select * from final
