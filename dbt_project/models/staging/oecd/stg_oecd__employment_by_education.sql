-- Employment rates of the native-born and the foreign-born by education.
with changes as (
    select * from {{ change_log('oecd', 'oecd_mig_emp_edu') }}
),

final as (
    select
        'oecd_mig_emp_edu' as dataset_id,
        ref_area as reference_area_code,
        freq as frequency,
        measure as measure,
        replace(sex, '_T', 'T') as sex,
        birth_place as birth_place,
        education_lev as education,
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
