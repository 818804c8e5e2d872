-- Mobile tertiary students by country of origin.
with changes as (
    select * from {{ change_log('eurostat', 'eurostat_educ_uoe_mobs02') }}
),

final as (
    select
        'eurostat_educ_uoe_mobs02' as dataset_id,
        freq as frequency,
        unit,
        partner as origin_code,
        sex,
        isced11 as education,
        geo as reference_area_code,
        time_period as year,
        obs_value as students,
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
