-- First residence permits by reason and citizenship.
with changes as (
    select * from {{ change_log('eurostat', 'eurostat_migr_resfirst') }}
),

final as (
    select
        'eurostat_migr_resfirst' as dataset_id,
        freq as frequency,
        reason,
        citizen as citizenship_code,
        duration,
        unit,
        geo as reference_area_code,
        time_period as year,
        obs_value as permits,
        obs_flag as obs_status,
        conf_status as confidentiality_status,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
