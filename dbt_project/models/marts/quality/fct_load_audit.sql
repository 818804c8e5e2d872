-- Every event of every part: loaded, unchanged, withdrawn, absent, quarantined, failed, accepted or dropped.
with events as (
    select * from {{ ref('stg_ledger__loads') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

numbered_events as (
    select
        *,
        row_number() over (
            partition by dataset_id, part, happened_at
            order by outcome
        ) as nth_at_once
    from events
),

final as (
    select
        events.dataset_id,
        events.part,
        events.part_title,
        events.happened_at,
        cast(events.nth_at_once as integer) as nth_at_once,
        events.outcome,
        events.outcome in ('loaded', 'accepted') as is_in_the_lake,
        events.outcome in ('quarantined', 'failed') as is_held_back,
        events.published,
        events.n_rows,
        events.n_figures,
        events.n_inserted,
        events.n_revised,
        events.n_withdrawn,
        events.message,
        events.next_step,
        events.receipt,
        datasets.source_id,
        {{ release_columns() }}
    from numbered_events as events
    inner join datasets
        on events.dataset_id = datasets.dataset_id
)

select * from final
