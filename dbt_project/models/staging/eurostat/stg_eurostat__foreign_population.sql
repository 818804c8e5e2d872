-- Foreign and stateless residents on 1 January.
with changes as (
    select * from {{ change_log('eurostat', 'eurostat_migr_pop1ctz') }}
),

final as (
    select
        'eurostat_migr_pop1ctz' as dataset_id,
        freq as frequency,
        citizen as citizenship_code,
        age,
        unit,
        sex,
        geo as reference_area_code,
        time_period as year,
        obs_value as persons,
        obs_flag as obs_status,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
