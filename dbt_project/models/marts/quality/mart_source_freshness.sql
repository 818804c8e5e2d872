-- How fresh each part of each dataset is, and what a person should do about the ones that are not in force.
-- Ages are measured at the newest recorded_at, not by the clock, so the same lake always gives the same rows.
with parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

events as (
    select * from {{ ref('stg_ledger__loads') }}
),

-- A part is taken in whole, so its newest acceptance tells what is in force.
numbered_acceptances as (
    select
        *,
        row_number() over (
            partition by dataset_id, part
            order by happened_at desc
        ) as nth_newest
    from events
    where outcome in ('loaded', 'unchanged', 'accepted')
),

changes as (
    select
        dataset_id,
        part,
        max(happened_at) as recorded_at
    from events
    where outcome in ('loaded', 'accepted')
    group by dataset_id, part
),

parts_in_force as (
    select
        acceptances.dataset_id,
        acceptances.part,
        acceptances.published,
        changes.recorded_at,
        acceptances.n_rows,
        acceptances.n_figures
    from numbered_acceptances as acceptances
    inner join changes
        on
            acceptances.dataset_id = changes.dataset_id
            and acceptances.part = changes.part
    where acceptances.nth_newest = 1
),

newest as (
    select max(recorded_at) as newest_recorded_at from parts_in_force
),

numbered_events as (
    select
        *,
        row_number() over (
            partition by dataset_id, part
            order by happened_at desc, outcome asc
        ) as nth_newest
    from events
),

newest_events as (
    select * from numbered_events
    where nth_newest = 1
),

dated as (
    select
        parts.dataset_id,
        parts.part,
        parts.part_title,
        datasets.dataset_title,
        datasets.publisher,
        datasets.cadence,
        datasets.release_calendar,
        coalesce(parts_in_force.published, newest_events.published) as published,
        try_cast(
            case when parts_in_force.published like '____-__-__' then parts_in_force.published end as date
        ) as published_on,
        parts_in_force.recorded_at,
        newest.newest_recorded_at,
        coalesce(parts_in_force.n_rows, 0) as n_rows,
        coalesce(parts_in_force.n_figures, 0) as n_figures,
        newest_events.happened_at as last_event_at,
        newest_events.outcome as last_outcome,
        newest_events.message,
        newest_events.next_step,
        datasets.source_id,
        datasets.licence,
        datasets.is_redistributable
    from parts
    inner join datasets
        on parts.dataset_id = datasets.dataset_id
    left join parts_in_force
        on
            parts.dataset_id = parts_in_force.dataset_id
            and parts.part = parts_in_force.part
    left join newest_events
        on
            parts.dataset_id = newest_events.dataset_id
            and parts.part = newest_events.part
    cross join newest
),

final as (
    select
        dataset_id,
        part,
        part_title,
        dataset_title,
        publisher,
        cadence,
        release_calendar,
        case
            when last_outcome in ('withdrawn', 'absent', 'quarantined', 'failed') then last_outcome
            when n_rows > 0 then 'in_force'
            else 'not_loaded'
        end as status,
        n_rows > 0 as has_rows_in_force,
        published,
        published_on,
        {{ days_between('published_on', 'newest_recorded_at') }} as days_since_published,
        recorded_at,
        {{ days_between('recorded_at', 'newest_recorded_at') }} as age_days,
        newest_recorded_at,
        n_rows,
        n_figures,
        last_event_at,
        last_outcome,
        message,
        next_step,
        source_id,
        licence,
        is_redistributable as is_publishable,
        {{ release_columns() }}
    from dated
)

select * from final
