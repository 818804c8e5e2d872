-- Foreign-trained doctors and nurses by country of work and of training; persons and shares by unit.
with changes as (
    select * from {{ change_log('oecd', 'oecd_health_wfmi') }}
),

final as (
    select
        'oecd_health_wfmi' as dataset_id,
        ref_area as reference_area_code,
        freq as frequency,
        measure as measure,
        unit_measure as unit,
        origin as origin_code,
        training_place as training_place,
        health_prof as health_profession,
        time_period as year,
        {{ in_units('obs_value', 'unit_mult') }} as value,
        obs_status as obs_status,
        obs_status2 as second_obs_status,
        obs_status3 as third_obs_status,
        unit_mult as unit_multiplier,
        decimals as decimals_shown,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
