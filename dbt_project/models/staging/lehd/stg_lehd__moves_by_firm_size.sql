-- Job-to-job moves of the nation between firm sizes; margins are complete where cells are not.
with changes as (
    select * from {{ change_log('lehd', 'lehd_j2jod_firm_size') }}
),

final as (
    select
        'lehd_j2jod_firm_size' as dataset_id,
        firmsize_orig as origin_firm_size,
        firmsize as destination_firm_size,
        year,
        quarter,
        ee as ee_moves,
        aqhire as aq_moves,
        j2j as j2j_moves,
        ees as ee_stable_moves,
        aqhires as aq_stable_moves,
        j2js as j2j_stable_moves,
        see as ee_moves_status,
        saqhire as aq_moves_status,
        sj2j as j2j_moves_status,
        sees as ee_stable_moves_status,
        saqhires as aq_stable_moves_status,
        sj2js as j2j_stable_moves_status,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
