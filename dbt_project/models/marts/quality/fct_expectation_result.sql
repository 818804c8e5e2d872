-- What great-expectations found in each batch: per rule how many were looked at, how many break it, whether it held.
with results as (
    select * from {{ ref('stg_ledger__expectations') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

newest as (
    select
        dataset_id,
        max(recorded_at) as recorded_at
    from results
    group by dataset_id
),

final as (
    select
        results.dataset_id,
        results.recorded_at,
        results.nth_of_judgement,
        results.rule_name,
        results.part,
        results.expectation_type,
        results.subject,
        results.n_checked,
        results.n_unexpected,
        results.observed,
        results.is_held,
        results.reason,
        results.recorded_at = newest.recorded_at as is_newest_judgement,
        datasets.source_id,
        {{ release_columns() }}
    from results
    inner join newest
        on results.dataset_id = newest.dataset_id
    inner join datasets
        on results.dataset_id = datasets.dataset_id
)

select * from final
