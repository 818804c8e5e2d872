-- How many students leave a country, where to, and do those who come offset them?
{%- set indicators = {
    'outbound': 'OE.5T8.40510',
    'inbound': '26637',
    'published_net_flow': 'MENF.5T8',
    'published_outbound_ratio_pct': 'MOR.5T8.40510',
    'published_inbound_rate_pct': 'MSEP.5T8',
} %}
{%- set regions = {
    'north_america_western_europe': 'OE.5T8.40500',
    'central_asia': 'OE.5T8.40505',
    'east_asia_pacific': 'OE.5T8.40515',
    'latin_america_caribbean': 'OE.5T8.40520',
    'arab_states': 'OE.5T8.40525',
    'central_eastern_europe': 'OE.5T8.40530',
    'south_west_asia': 'OE.5T8.40535',
    'sub_saharan_africa': 'OE.5T8.40540',
} %}
{%- set enrolment = '25053' %}
{%- set components = indicators.keys() | list + ['home_enrolment'] %}

with figures as (
    select * from {{ ref('int_figures_in_use') }}
),

pairs as (
    select * from {{ ref('int_students_enrolled') }}
),

totals as (
    select * from {{ ref('fct_student_mobility_aggregate') }}
    where
        measure = 'enrolled'
        and education = '5-8'
        and sex = 'T'
        and mobility = 'mobile'
        and breakdown = 'none'
),

countries as (
    select * from {{ ref('country') }}
    where {{ are_countries(['entity_type']) }}
),

of_unesco as (
    {% for component, indicator in indicators.items() %}
        select
            iso3,
            year,
            'unesco' as collection,
            '{{ component }}' as component,
            value,
            cast(null as varchar) as missing_reason,
            estimate_kind,
            source_id,
            licence,
            is_publishable,
            recorded_at
        from figures
        where indicator_code = '{{ indicator }}'
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Hosts count; what they tell of one origin adds up to its students abroad, as far as they report.
added_up_by_origin as (
    select
        origin_iso3 as iso3,
        year,
        collection,
        'outbound' as component,
        sum(students) over (partition by origin_iso3, year, collection) as value,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from pairs
    where collection <> 'oecd_by_origin' and students is not null
),

published_totals as (
    select
        countries.iso3,
        totals.year,
        case totals.dataset_id
            when 'oecd_mobile_students' then 'oecd_by_host'
            when 'oecd_students_abroad' then 'oecd_by_origin'
            when 'eurostat_educ_uoe_mobs02' then 'eurostat_by_host'
        end as collection,
        case when totals.origin_iso3 = 'WLD' then 'inbound' else 'outbound' end as component,
        totals.students as value,
        totals.missing_reason,
        totals.estimate_kind,
        totals.source_id,
        totals.licence,
        totals.is_publishable,
        totals.recorded_at
    from totals
    inner join countries
        on
            (totals.origin_iso3 = 'WLD' and totals.destination_iso3 = countries.iso3)
            or (totals.destination_iso3 = 'WLD' and totals.origin_iso3 = countries.iso3)
),

counted as (
    select * from of_unesco
    union all
    select * from added_up_by_origin
    union all
    select * from published_totals
),

country_years as (
    select distinct
        iso3,
        year,
        collection
    from counted
),

components as (
    select
        iso3,
        year,
        collection,
        component,
        value,
        year as component_year,
        missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from counted
    union all
    select
        country_years.iso3,
        country_years.year,
        country_years.collection,
        'home_enrolment' as component,
        figures.value,
        figures.year as component_year,
        cast(null as varchar) as missing_reason,
        figures.estimate_kind,
        figures.source_id,
        figures.licence,
        figures.is_publishable,
        figures.recorded_at
    from country_years
    inner join figures
        on
            country_years.iso3 = figures.iso3
            and country_years.year = figures.year
    where figures.indicator_code = '{{ enrolment }}'
),

-- Why a collection does not have a figure that another one has.
known_to_be_missing as (
    {% for component, indicator in indicators.items() if component not in ('outbound', 'inbound') %}
        select
            iso3,
            year,
            collection,
            '{{ component }}' as component,
            'published by UNESCO only' as missing_reason
        from country_years
        where collection <> 'unesco'
        union all
    {% endfor %}
    select
        iso3,
        year,
        collection,
        'inbound' as component,
        'the collection counts by origin only' as missing_reason
    from country_years
    where collection = 'oecd_by_origin'
),

all_components as (
    select * from components
    union all
    select
        iso3,
        year,
        collection,
        component,
        cast(null as double) as value,
        cast(null as integer) as component_year,
        missing_reason,
        cast(null as varchar) as estimate_kind,
        cast(null as varchar) as source_id,
        cast(null as varchar) as licence,
        cast(null as boolean) as is_publishable,
        cast(null as timestamp) as recorded_at
    from known_to_be_missing
),

side_by_side as (
    select
        iso3,
        year,
        collection,
        {{ component_values(components) }},
        {{ component_provenance(components) }}
    from all_components
    group by iso3, year, collection
),

-- Where to: by host where pairs are told, by region of the host where UNESCO tells no more.
hosts_in_order as (
    select
        *,
        case
            when students > 0 then destination_iso3 || ' ' || cast(cast(students as bigint) as varchar)
        end as host_and_students,
        row_number() over (
            partition by origin_iso3, year, collection
            order by students desc, destination_iso3 asc
        ) as place
    from pairs
    where students is not null
),

hosts as (
    select
        origin_iso3 as iso3,
        year,
        collection,
        cast(count(*) as integer) as n_hosts_listing,
        max(case when place = 1 and students > 0 then destination_iso3 end) as top_host_iso3,
        max(case when place = 1 and students > 0 then students end) as top_host_students,
        sum(case when place <= 3 then students end) as students_at_top_hosts,
        nullif(concat_ws(
            '; ',
            max(case when place = 1 then host_and_students end),
            max(case when place = 2 then host_and_students end),
            max(case when place = 3 then host_and_students end)
        ), '') as top_hosts
    from hosts_in_order
    group by origin_iso3, year, collection
),

hosts_that_report as (
    select
        collection,
        year,
        cast(count(distinct destination_iso3) as integer) as n_hosts_reporting
    from pairs
    where students is not null
    group by collection, year
),

regions as (
    select
        {% for region, indicator in regions.items() %}
            max(case when indicator_code = '{{ indicator }}' then value end) as outbound_to_{{ region }},
        {% endfor %}
        iso3,
        year,
        'unesco' as collection
    from figures
    where indicator_code like 'OE.5T8.405%'
    group by iso3, year
),

final as (
    select
        side_by_side.iso3,
        side_by_side.year,
        side_by_side.collection,
        '5-8' as isced,
        side_by_side.outbound,
        side_by_side.inbound,
        side_by_side.inbound - side_by_side.outbound as net_flow,
        side_by_side.published_net_flow,
        side_by_side.inbound - side_by_side.published_net_flow as implied_outbound,
        side_by_side.home_enrolment,
        case
            when side_by_side.collection = 'unesco' then side_by_side.published_outbound_ratio_pct
            else 100 * {{ share('side_by_side.outbound', 'side_by_side.home_enrolment') }}
        end as outbound_ratio_pct,
        case
            when side_by_side.collection = 'unesco' then side_by_side.published_inbound_rate_pct
            else 100 * {{ share('side_by_side.inbound', 'side_by_side.home_enrolment') }}
        end as inbound_rate_pct,
        {{ grubel_lloyd('side_by_side.inbound', 'side_by_side.outbound') }} as gl_index,
        hosts_that_report.n_hosts_reporting,
        hosts.n_hosts_listing,
        hosts.top_host_iso3,
        hosts.top_host_students,
        hosts.top_hosts,
        {{ share('hosts.students_at_top_hosts', 'side_by_side.outbound') }} as top_hosts_share,
        {% for region in regions %}
            regions.outbound_to_{{ region }},
        {% endfor %}
        {{ mart_tail('side_by_side') }}
    from side_by_side
    left join hosts
        on
            side_by_side.iso3 = hosts.iso3
            and side_by_side.year = hosts.year
            and side_by_side.collection = hosts.collection
    left join hosts_that_report
        on
            side_by_side.year = hosts_that_report.year
            and side_by_side.collection = hosts_that_report.collection
    left join regions
        on
            side_by_side.iso3 = regions.iso3
            and side_by_side.year = regions.year
            and side_by_side.collection = regions.collection
)

select * from final
