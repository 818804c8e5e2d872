-- Job-to-job moves between states and industries by education.
with changes as (
    select * from {{ change_log('lehd', 'lehd_j2jod') }}
),

final as (
    select
        'lehd_j2jod' as dataset_id,
        geography as destination_state_code,
        geography_orig as origin_state_code,
        industry as destination_industry,
        industry_orig as origin_industry,
        education,
        year,
        quarter,
        ee as ee_moves,
        aqhire as aq_moves,
        ees as ee_stable_moves,
        aqhires as aq_stable_moves,
        eesearn_orig as ee_earnings_origin,
        eesearn_dest as ee_earnings_destination,
        aqhiresearn_orig as aq_earnings_origin,
        aqhiresearn_dest as aq_earnings_destination,
        see as ee_moves_status,
        saqhire as aq_moves_status,
        sees as ee_stable_moves_status,
        saqhires as aq_stable_moves_status,
        seesearn_orig as ee_earnings_origin_status,
        seesearn_dest as ee_earnings_destination_status,
        saqhiresearn_orig as aq_earnings_origin_status,
        saqhiresearn_dest as aq_earnings_destination_status,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
