-- Employment, unemployment and participation rates of the native-born and the foreign-born by sex.
with changes as (
    select * from {{ change_log('oecd', 'oecd_mig_nup_sex') }}
),

final as (
    select
        'oecd_mig_nup_sex' as dataset_id,
        ref_area as reference_area_code,
        freq as frequency,
        measure as measure,
        replace(sex, '_T', 'T') as sex,
        birth_place as birth_place,
        unit_measure as unit,
        time_period as year,
        {{ in_units('obs_value', 'unit_mult') }} as rate_pct,
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
