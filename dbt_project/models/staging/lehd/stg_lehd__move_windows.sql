-- First and last quarter of every pair of states: a quarter outside is unknown, not zero.
with changes as (
    select * from {{ change_log('lehd', 'lehd_j2jod_avail') }}
),

final as (
    select
        'lehd_j2jod_avail' as dataset_id,
        geography as destination_state_code,
        geography_orig as origin_state_code,
        start_year,
        start_quarter,
        end_year,
        end_quarter,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
