-- Over-qualification rates by citizenship.
with changes as (
    select * from {{ change_log('eurostat', 'eurostat_lfsa_eoqgan') }}
),

final as (
    select
        'eurostat_lfsa_eoqgan' as dataset_id,
        freq as frequency,
        citizen as citizenship_code,
        age,
        sex,
        unit,
        geo as reference_area_code,
        time_period as year,
        obs_value as rate_pct,
        obs_flag as obs_status,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
