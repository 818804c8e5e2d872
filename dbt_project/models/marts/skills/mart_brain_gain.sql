-- Does a country gain or lose tertiary educated people, over all who came and left and live?
{%- set components = [
    'tertiary_immigrants', 'tertiary_emigrants', 'tertiary_natives', 'tertiary_residents', 'immigrants_of_known_education',
    'natives_of_known_education', 'emigrants_of_known_education'
] %}
{%- set balanced_below = 0.01 %}

with residents as (
    select * from {{ ref('int_skilled_residents') }}
    where age_range = '15+'
),

emigrants as (
    select * from {{ ref('int_skilled_emigrants') }}
    where age_range = '15+'
),

-- Countries of residence that took part in the round.
reporters as (
    select distinct
        iso3,
        year,
        sex
    from residents
    where population = 'foreign'
),

components as (
    {% for component, population, value in [
        ('tertiary_immigrants', 'foreign', 'high'),
        ('immigrants_of_known_education', 'foreign', 'low + medium + high'),
        ('tertiary_natives', 'native', 'high'),
        ('natives_of_known_education', 'native', 'low + medium + high'),
    ] %}
        select
            iso3,
            year,
            sex,
            '{{ component }}' as component,
            {{ value }} as value,
            year as component_year,
            cast(null as varchar) as missing_reason,
            estimate_kind,
            source_id,
            licence,
            is_publishable,
            recorded_at
        from residents
        where population = '{{ population }}'
        union all
    {% endfor %}
    -- All who live here: without the natives they are not known.
    select
        iso3,
        year,
        sex,
        'tertiary_residents' as component,
        case
            when count(case when population = 'native' then 1 end) > 0 then round({{ exact_sum('high') }}, 6)
        end as value,
        year as component_year,
        'natives are not in the round' as missing_reason,
        min(estimate_kind) as estimate_kind,
        source_id,
        licence,
        is_publishable,
        max(recorded_at) as recorded_at
    from residents
    where population <> 'all'
    group by iso3, year, sex, source_id, licence, is_publishable
    {% for component, value in {
        'tertiary_emigrants': 'high', 'emigrants_of_known_education': 'low + medium + high'
    }.items() %}
        union all
        select
            reporters.iso3,
            reporters.year,
            reporters.sex,
            '{{ component }}' as component,
            round({{ exact_sum(value) }}, 6) as value,
            reporters.year as component_year,
            case
                when reporters.year = 2020 then 'not among the hundred largest origins of the round'
                else 'no origin of the round'
            end as missing_reason,
            min(emigrants.estimate_kind) as estimate_kind,
            emigrants.source_id,
            emigrants.licence,
            emigrants.is_publishable,
            max(emigrants.recorded_at) as recorded_at
        from reporters
        left join emigrants
            on
                reporters.iso3 = emigrants.origin_iso3
                and reporters.year = emigrants.year
                and reporters.sex = emigrants.sex
        group by
            reporters.iso3,
            reporters.year,
            reporters.sex,
            emigrants.source_id,
            emigrants.licence,
            emigrants.is_publishable
    {% endfor %}
),

side_by_side as (
    select
        components.iso3,
        components.year,
        components.sex,
        {{ component_values(components) }},
        {{ component_provenance(components) }}
    from components
    inner join reporters
        on
            components.iso3 = reporters.iso3
            and components.year = reporters.year
            and components.sex = reporters.sex
    group by components.iso3, components.year, components.sex
),

balances as (
    select
        *,
        tertiary_immigrants - tertiary_emigrants as net,
        {{ share('(tertiary_immigrants - tertiary_emigrants)', 'tertiary_residents') }} as net_per_resident
    from side_by_side
),

final as (
    select
        iso3,
        year,
        sex,
        tertiary_immigrants,
        tertiary_emigrants,
        net,
        tertiary_natives,
        tertiary_residents,
        net_per_resident,
        {{ share('tertiary_immigrants', 'tertiary_residents') }} as immigrant_share,
        {{ share('tertiary_immigrants', 'immigrants_of_known_education') }} as tertiary_share_immigrants,
        {{ share('tertiary_emigrants', 'emigrants_of_known_education') }} as tertiary_share_emigrants,
        {{ share('tertiary_natives', 'natives_of_known_education') }} as tertiary_share_natives,
        case
            when net_per_resident is null then null
            when abs(net_per_resident) < {{ balanced_below }} then 'balanced'
            when net_per_resident > 0 then 'gain'
            else 'drain'
        end as gain_or_drain,
        {{ mart_tail() }}
    from balances
)

select * from final
