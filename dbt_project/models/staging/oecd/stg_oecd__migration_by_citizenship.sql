-- Flows and stocks of foreigners by country of residence and citizenship; the total W stands among its parts.
with changes as (
    select * from {{ change_log('oecd', 'oecd_mig') }}
),

final as (
    select
        'oecd_mig' as dataset_id,
        ref_area as reference_area_code,
        citizenship as citizenship_code,
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
