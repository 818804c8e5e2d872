with loads as (
    select * from {{ source('ledger', 'loads') }}
),

final as (
    select
        loads.at as happened_at,
        loads.dataset as dataset_id,
        loads.part,
        loads.outcome,
        loads.version as published,
        loads.receipt,
        loads.rows as n_rows,
        loads.figures as n_figures,
        loads.inserted as n_inserted,
        loads.revised as n_revised,
        loads.withdrawn as n_withdrawn,
        loads.message,
        loads.next_step,
        loads.title as part_title
    from loads
    where {{ recorded_by_then("loads.at") }}
)

select * from final
