-- Stocks of foreign-born residents by country of birth; the total W stands among its parts.
with changes as (
    select * from {{ change_log('oecd', 'oecd_mig_popf') }}
),

final as (
    select
        'oecd_mig_popf' as dataset_id,
        ref_area as reference_area_code,
        birth_country as birth_country_code,
        freq as frequency,
        measure as measure,
        replace(sex, '_T', 'T') as sex,
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
