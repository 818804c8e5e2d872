-- The origin reports so many who left, the destination so many who came: how far apart are the two?
{%- set components = [
    'departures_registered_persons', 'departures_implied_persons', 'arrivals_of_nationals_eurostat_persons',
    'arrivals_of_nationals_oecd_persons'
] %}
{#- A figure that is at least twice the other is two thirds of their mean away from it. #}
{%- set close, factor_two, wide = 0.1, '2.0 / 3', 1.5 %}
{%- set smallest_of_wide = 1000 %}

with flows as (
    select * from {{ ref('int_registered_flows') }}
),

-- By nationality the origin is whose citizens arrive, wherever they lived.
components as (
    select
        case when concept = 'citizenship' then partner_iso3 else origin_iso3 end as origin_iso3,
        destination_iso3,
        year,
        case
            when concept = 'next_residence' then 'departures_registered_persons'
            when concept = 'previous_residence' then 'departures_implied_persons'
            when source_id = 'eurostat' then 'arrivals_of_nationals_eurostat_persons'
            else 'arrivals_of_nationals_oecd_persons'
        end as component,
        persons as value,
        age_definition,
        obs_status,
        year as component_year,
        case when persons is null then 'not reported' end as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from flows
    where
        partner_iso3 <> reporter_iso3
        and (concept <> 'citizenship' or measure = 'inflow')
),

side_by_side as (
    select
        origin_iso3,
        destination_iso3,
        year,
        {{ component_values(components) }},
        {% for column in ['age_definition', 'obs_status'] %}
            {% for side, component in {
                'registered': 'departures_registered_persons', 'implied': 'departures_implied_persons'
            }.items() %}
                max(case when component = '{{ component }}' then {{ column }} end) as {{ side }}_{{ column }},
            {% endfor %}
        {% endfor %}
        {{ component_provenance(components) }}
    from components
    group by origin_iso3, destination_iso3, year
    having count(value) > 0
),

with_gaps as (
    select
        *,
        abs(departures_registered_persons - departures_implied_persons) as absolute_gap_persons,
        abs(departures_registered_persons - departures_implied_persons)
        / nullif((departures_registered_persons + departures_implied_persons) / 2, 0) as relative_gap
    from side_by_side
),

final as (
    select
        origin_iso3,
        destination_iso3,
        year,
        departures_registered_persons,
        departures_implied_persons,
        absolute_gap_persons,
        relative_gap,
        case
            when departures_registered_persons is null and departures_implied_persons is null then 'neither_reports'
            when departures_registered_persons is null then 'origin_silent'
            when departures_implied_persons is null then 'destination_silent'
            when absolute_gap_persons = 0 then 'none'
            when relative_gap <= {{ close }} then 'within_a_tenth'
            when relative_gap < {{ factor_two }} then 'within_factor_two'
            when relative_gap <= {{ wide }} then 'beyond_factor_two'
            else 'beyond_factor_seven'
        end as gap_class,
        coalesce(
            relative_gap > {{ wide }}
            and least(departures_registered_persons, departures_implied_persons) > {{ smallest_of_wide }}, false
        ) as is_wide_gap,
        registered_age_definition,
        implied_age_definition,
        registered_obs_status,
        implied_obs_status,
        coalesce(registered_obs_status, '') || coalesce(implied_obs_status, '') like '%b%' as has_break,
        arrivals_of_nationals_eurostat_persons,
        arrivals_of_nationals_oecd_persons,
        {{ mart_tail() }}
    from with_gaps
)

select * from final
