-- Residents on 1 January by sex.
with changes as (
    select * from {{ change_log('eurostat', 'eurostat_demo_pjan') }}
),

final as (
    select
        'eurostat_demo_pjan' as dataset_id,
        freq as frequency,
        unit,
        age,
        sex,
        geo as reference_area_code,
        time_period as year,
        obs_value as persons,
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
