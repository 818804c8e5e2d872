-- Immigration by citizenship; NAT are nationals who return.
with changes as (
    select * from {{ change_log('eurostat', 'eurostat_migr_imm1ctz') }}
),

final as (
    select
        'eurostat_migr_imm1ctz' as dataset_id,
        freq as frequency,
        citizen as citizenship_code,
        agedef as age_definition,
        age,
        unit,
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
