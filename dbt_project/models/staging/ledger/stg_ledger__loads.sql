with loads as (
    select * from {{ source('ledger', 'loads') }}
),

final as (
    select
        loads.at as happened_at,
        dataset as dataset_id,
        part,
        outcome,
        version as published,
        receipt,
        loads.rows as n_rows,
        inserted as n_inserted,
        revised as n_revised,
        withdrawn as n_withdrawn,
        message,
        next_step,
        title as part_title
    from loads
    where {{ recorded_by_then("loads.at") }}
)

select * from final
