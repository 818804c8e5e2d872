-- Residents on 1 January by country of birth.
with changes as (
    select * from {{ change_log('eurostat', 'eurostat_migr_pop3ctb') }}
),

final as (
    select
        'eurostat_migr_pop3ctb' as dataset_id,
        freq as frequency,
        c_birth as birth_country_code,
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
