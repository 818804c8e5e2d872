-- Educational attainment by age and sex.
with changes as (
    select * from {{ change_log('eurostat', 'eurostat_edat_lfse_03') }}
),

final as (
    select
        'eurostat_edat_lfse_03' as dataset_id,
        freq as frequency,
        sex,
        age,
        unit,
        isced11 as education,
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
