-- Physicians abroad by country of training and of practice.
with changes as (
    select * from {{ change_log('adovor', 'adovor_physicians') }}
),

final as (
    select
        'adovor_physicians' as dataset_id,
        origin as origin_code,
        destination as destination_code,
        year,
        physicians,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
