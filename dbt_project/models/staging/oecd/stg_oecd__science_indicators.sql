-- Main Science and Technology Indicators: researchers and expenditure on R&D.
with changes as (
    select * from {{ change_log('oecd', 'oecd_msti') }}
),

final as (
    select
        'oecd_msti' as dataset_id,
        ref_area as reference_area_code,
        freq as frequency,
        measure as measure,
        unit_measure as unit,
        price_base as price_base,
        transformation as transformation,
        time_period as year,
        {{ in_units('obs_value', 'unit_mult') }} as value,
        obs_status as obs_status,
        obs_status_2 as second_obs_status,
        obs_status_3 as third_obs_status,
        aux_obs_status as obs_status_about,
        conf_status as confidentiality_status,
        unit_mult as unit_multiplier,
        base_per as base_period,
        decimals as decimals_shown,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
