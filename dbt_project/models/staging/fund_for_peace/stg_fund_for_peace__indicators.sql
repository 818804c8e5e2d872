-- Twelve scores of fragility by country and year; E3 is human flight and brain drain.
with changes as (
    select * from {{ change_log('fund_for_peace', 'fsi_indicators') }}
),

final as (
    select
        'fsi_indicators' as dataset_id,
        geo as reference_area_code,
        t as year,
        rank as rank_of_total,
        total as total_score,
        code as indicator_code,
        v as score,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
