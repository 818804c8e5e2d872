-- Standardised temporary inflows by category of entry.
with changes as (
    select * from {{ change_log('oecd', 'oecd_mig_int_temp') }}
),

final as (
    select
        'oecd_mig_int_temp' as dataset_id,
        ref_area as reference_area_code,
        freq as frequency,
        measure as measure,
        migration_type as migration_type,
        unit_measure as unit,
        time_period as year,
        {{ in_units('obs_value', 'unit_mult') }} as persons,
        obs_status as obs_status,
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
