-- How many leave a country at least: by its own register, and by the registers of where they arrive?
with pairs as (
    select * from {{ ref('mart_mirror_reconciliation') }}
),

flows as (
    select * from {{ ref('int_registered_flows') }}
),

provenance as (
    select
        origin_iso3,
        year,
        {{ provenance_of_group('persons is not null') }}
    from flows
    where concept in ('previous_residence', 'next_residence')
    group by origin_iso3, year
),

totals as (
    select
        reporter_iso3,
        year,
        age_definition,
        persons
    from {{ ref('fct_migration_flow_aggregate') }}
    where
        concept = 'next_residence' and sex = 'T' and partner_iso3 = 'WLD'
        and reporter_type in ('sovereign', 'territory', 'dissolved')
),

-- The definition of age that the pairs have; a reporter without pairs has what it has.
printed_totals as (
    select
        reporter_iso3 as origin_iso3,
        year,
        coalesce(max(case when age_definition = 'completed' then persons end), max(persons)) as registered_total_persons
    from totals
    group by reporter_iso3, year
),

summed as (
    select
        origin_iso3,
        year,
        {{ sum_of_people('departures_registered_persons') }} as departures_registered_persons,
        cast(count(departures_registered_persons) as integer) as n_destinations_registered,
        {{ sum_of_people('departures_implied_persons') }} as departures_implied_persons,
        cast(count(departures_implied_persons) as integer) as n_destinations_reporting,
        {{ sum_of_people('case when absolute_gap_persons is not null then departures_registered_persons end') }}
            as panel_registered_persons,
        {{ sum_of_people('case when absolute_gap_persons is not null then departures_implied_persons end') }}
            as panel_implied_persons,
        cast(count(absolute_gap_persons) as integer) as n_panel_destinations,
        nullif({{ joined_values('case when absolute_gap_persons is not null then destination_iso3 end') }}, '')
            as panel_destinations,
        cast(max(case when is_wide_gap then 1 else 0 end) = 1 as boolean) as has_wide_gap
    from pairs
    where departures_registered_persons is not null or departures_implied_persons is not null
    group by origin_iso3, year
),

with_totals as (
    select
        summed.*,
        summed.year as oldest_component_year,
        provenance.estimate_kind,
        provenance.source_ids,
        provenance.licence,
        provenance.is_publishable,
        provenance.vintage_max,
        printed_totals.registered_total_persons,
        abs(summed.panel_registered_persons - summed.panel_implied_persons)
        / nullif((summed.panel_registered_persons + summed.panel_implied_persons) / 2, 0) as panel_relative_gap
    from summed
    inner join provenance
        on
            summed.origin_iso3 = provenance.origin_iso3
            and summed.year = provenance.year
    left join printed_totals
        on
            summed.origin_iso3 = printed_totals.origin_iso3
            and summed.year = printed_totals.year
),

described as (
    select
        *,
        cast(
            case when departures_registered_persons is null then 0 else 1 end
            + case when departures_implied_persons is null then 0 else 1 end
            + case when registered_total_persons is null then 0 else 1 end as integer
        ) as n_components_present,
        cast(3 as integer) as n_components_total,
        nullif(concat_ws(
            '; ',
            case when departures_registered_persons is null then 'departures_registered_persons: not reported' end,
            case when departures_implied_persons is null then 'departures_implied_persons: not reported' end,
            case when registered_total_persons is null then 'registered_total_persons: no figure' end
        ), '') as missing_components
    from with_totals
),

final as (
    select
        origin_iso3,
        year,
        registered_total_persons,
        departures_registered_persons,
        n_destinations_registered,
        departures_implied_persons,
        n_destinations_reporting,
        panel_registered_persons,
        panel_implied_persons,
        panel_relative_gap,
        n_panel_destinations,
        panel_destinations,
        coalesce(
            panel_destinations
            = lag(panel_destinations) over (partition by origin_iso3 order by year)
            and year - 1 = lag(year) over (partition by origin_iso3 order by year), false
        ) as is_panel_of_year_before,
        has_wide_gap,
        {{ mart_tail() }}
    from described
)

select * from final
