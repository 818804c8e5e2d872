-- How many of the doctors and nurses whom a country trained work abroad, where, and how many are left at home?
{%- set components = ['abroad_stock', 'home_stock', 'density_home_per_1000', 'population'] %}

with workforce as (
    select * from {{ ref('fct_health_workforce') }}
    where measure = 'stock' and training_place = 'foreign_trained' and origin_iso3 <> destination_iso3
),

-- Destinations that a source puts together as all others.
elsewhere as (
    select * from {{ ref('fct_health_workforce_aggregate') }}
    where measure = 'stock' and training_place = 'foreign_trained' and destination_iso3 = 'XOT'
),

at_home as (
    select * from {{ ref('int_health_workers_at_home') }}
),

figures as (
    select * from {{ ref('int_figures_in_use') }}
),

abroad as (
    {% for relation in ['workforce', 'elsewhere'] %}
        select
            case dataset_id when 'oecd_health_wfmi' then 'oecd' else 'adovor' end as collection,
            origin_iso3,
            destination_iso3,
            year,
            profession,
            value,
            estimate_kind,
            source_id,
            licence,
            is_publishable,
            recorded_at
        from {{ relation }}
        where value is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

origins as (
    select distinct
        origin_iso3,
        year,
        profession,
        collection
    from abroad
),

components as (
    select
        origin_iso3,
        year,
        profession,
        collection,
        'abroad_stock' as component,
        sum(value) over (partition by origin_iso3, year, profession, collection) as value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from abroad
    {% for component in ['home_stock', 'density_home_per_1000'] %}
        union all
        select
            origins.origin_iso3,
            origins.year,
            origins.profession,
            origins.collection,
            '{{ component }}' as component,
            at_home.{{ component }} as value,
            at_home.home_year as component_year,
            cast(null as varchar) as missing_reason,
            at_home.estimate_kind,
            at_home.source_id,
            at_home.licence,
            at_home.is_publishable,
            at_home.recorded_at
        from origins
        inner join at_home
            on
                origins.origin_iso3 = at_home.iso3
                and origins.year = at_home.year
                and origins.profession = at_home.profession
    {% endfor %}
    union all
    select
        origins.origin_iso3,
        origins.year,
        origins.profession,
        origins.collection,
        'population' as component,
        figures.value,
        figures.year as component_year,
        cast(null as varchar) as missing_reason,
        figures.estimate_kind,
        figures.source_id,
        figures.licence,
        figures.is_publishable,
        figures.recorded_at
    from origins
    inner join figures
        on
            origins.origin_iso3 = figures.iso3
            and origins.year = figures.year
    where figures.indicator_code = 'SP.POP.TOTL'
),

side_by_side as (
    select
        origin_iso3,
        year,
        profession,
        collection,
        {{ component_values(components) }},
        max(case when component = 'home_stock' then component_year end) as home_year,
        {{ component_provenance(components) }}
    from components
    group by origin_iso3, year, profession, collection
),

destinations_in_order as (
    select
        *,
        case
            when value > 0 then destination_iso3 || ' ' || cast(cast(round(value) as bigint) as varchar)
        end as destination_and_stock,
        row_number() over (
            partition by origin_iso3, year, profession, collection
            order by value desc, destination_iso3 asc
        ) as place
    from abroad
    where destination_iso3 <> 'XOT'
),

destinations as (
    select
        origin_iso3,
        year,
        profession,
        collection,
        cast(count(*) as integer) as n_destinations_listing,
        max(case when place = 1 and value > 0 then destination_iso3 end) as top_destination_iso3,
        max(case when place = 1 and value > 0 then value end) as top_destination_stock,
        nullif(concat_ws(
            '; ',
            max(case when place = 1 then destination_and_stock end),
            max(case when place = 2 then destination_and_stock end),
            max(case when place = 3 then destination_and_stock end)
        ), '') as top_destinations
    from destinations_in_order
    group by origin_iso3, year, profession, collection
),

destinations_that_report as (
    select
        collection,
        profession,
        year,
        cast(count(distinct destination_iso3) as integer) as n_destinations_reporting
    from destinations_in_order
    group by collection, profession, year
),

final as (
    select
        side_by_side.origin_iso3,
        side_by_side.year,
        side_by_side.profession,
        side_by_side.collection,
        case side_by_side.collection
            when 'oecd' then 'country of training'
            else 'country of training, of birth where that is not known'
        end as basis,
        side_by_side.abroad_stock,
        destinations_that_report.n_destinations_reporting,
        coalesce(destinations.n_destinations_listing, 0) as n_destinations_listing,
        side_by_side.home_stock,
        cast(side_by_side.home_year as integer) as home_year,
        {{ share('side_by_side.abroad_stock', '(side_by_side.home_stock + side_by_side.abroad_stock)') }} as mbd_rate,
        side_by_side.population,
        side_by_side.density_home_per_1000,
        1000 * {{ share('side_by_side.abroad_stock', 'side_by_side.population') }} as density_lost_per_1000,
        destinations.top_destination_iso3,
        destinations.top_destination_stock,
        {{ share('destinations.top_destination_stock', 'side_by_side.abroad_stock') }} as top_destination_share,
        destinations.top_destinations,
        {{ mart_tail('side_by_side') }}
    from side_by_side
    left join destinations
        on
            side_by_side.origin_iso3 = destinations.origin_iso3
            and side_by_side.year = destinations.year
            and side_by_side.profession = destinations.profession
            and side_by_side.collection = destinations.collection
    left join destinations_that_report
        on
            side_by_side.year = destinations_that_report.year
            and side_by_side.profession = destinations_that_report.profession
            and side_by_side.collection = destinations_that_report.collection
)

select * from final
