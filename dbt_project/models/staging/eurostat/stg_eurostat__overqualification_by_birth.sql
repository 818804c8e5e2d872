-- Over-qualification rates by country of birth; not interchangeable with those by citizenship.
with changes as (
    select * from {{ change_log('eurostat', 'eurostat_lfsa_eoqgac') }}
),

final as (
    select
        'eurostat_lfsa_eoqgac' as dataset_id,
        freq as frequency,
        c_birth as birth_country_code,
        age,
        sex,
        unit,
        geo as reference_area_code,
        time_period as year,
        obs_value as rate_pct,
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
