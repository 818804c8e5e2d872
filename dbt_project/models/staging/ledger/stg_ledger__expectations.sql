with expectations as (
    select * from {{ source('ledger', 'expectations') }}
),

final as (
    select
        dataset as dataset_id,
        recorded_at,
        nth as nth_of_judgement,
        rule as rule_name,
        parts as part,
        expectation as expectation_type,
        subject,
        checked as n_checked,
        unexpected as n_unexpected,
        observed,
        held as is_held,
        reason
    from expectations
    where {{ recorded_by_then() }}
)

select * from final
