-- Which states gain workers of a level of education from the others, and which lose them?
with pairs as (
    select * from {{ ref('mart_job_flow_geographical') }}
),

-- What stays within the state, and what comes from anywhere, are figures of their own; the rest are sums of pairs.
states as (
    select
        destination_state as us_state,
        education,
        year,
        max(case when origin_state = 'USA' then moves end) as arrivals_from_anywhere,
        max(case when origin_state = destination_state then moves end) as moves_within_state,
        max(destination_main_jobs_mean) as main_jobs_mean,
        cast(
            count(case when origin_state not in ('USA', destination_state) then net_moves end) as integer
        ) as partner_states_shown,
        sum(
            case when origin_state not in ('USA', destination_state) and net_moves is not null then moves end
        ) as arrivals_shown,
        sum(
            case when origin_state not in ('USA', destination_state) and net_moves is not null then reverse_moves end
        ) as departures_shown,
        cast(sum(suppressed_cells) as integer) as suppressed_cells,
        cast(sum(distorted_cells) as integer) as distorted_cells,
        -- what such a row lacks is one reason here, so its parts are not parted as reasons are
        max(case when origin_state = 'USA' then replace(missing_components, '; ', ', ') end) as lacking_from_anywhere,
        max(
            case when origin_state = destination_state then replace(missing_components, '; ', ', ') end
        ) as lacking_within_state,
        {{ joined_values('estimate_kind') }} as estimate_kind,
        {{ joined_values('source_ids') }} as source_ids,
        {{ joined_values('licence') }} as licence,
        min(case when is_publishable then 1 else 0 end) = 1 as is_publishable,
        max(vintage_max) as vintage_max
    from pairs
    group by destination_state, education, year
),

explained as (
    select
        *,
        arrivals_from_anywhere - moves_within_state as arrivals_from_states,
        case when partner_states_shown = 50 then departures_shown end as departures_to_states,
        cast(partner_states_shown as varchar) || ' of 50 partner states shown both ways'
            as departures_to_states_missing,
        lacking_from_anywhere as arrivals_from_anywhere_missing,
        lacking_within_state as moves_within_state_missing,
        lacking_within_state as main_jobs_mean_missing
    from states
),

measured as (
    select
        *,
        {{ annual_provenance(
            ['arrivals_from_anywhere', 'moves_within_state', 'departures_to_states', 'main_jobs_mean']
        ) }}
    from explained
),

final as (
    select
        us_state,
        education,
        year,
        partner_states_shown,
        suppressed_cells,
        distorted_cells,
        main_jobs_mean,
        moves_within_state,
        arrivals_from_states,
        arrivals_shown,
        departures_shown,
        arrivals_shown - departures_shown as net_moves_shown,
        1000 * {{ share('arrivals_shown - departures_shown', 'main_jobs_mean') }} as net_rate_per_1000,
        {{ share('moves_within_state', 'moves_within_state + departures_to_states') }} as retention_share,
        {{ mart_tail() }}
    from measured
)

select * from final
