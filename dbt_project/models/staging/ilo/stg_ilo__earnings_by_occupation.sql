-- Mean monthly earnings of employees by sex and occupation, in three currencies.
with changes as (
    select * from {{ change_log('ilo', 'ilo_earnings_by_occupation') }}
),

final as (
    select
        'ilo_earnings_by_occupation' as dataset_id,
        ref_area as reference_area_code,
        freq as frequency,
        measure as measure,
        replace(sex, 'SEX_', '') as sex,
        ocu as occupation,
        cur as currency,
        time_period as year,
        {{ in_units('obs_value', 'unit_mult') }} as monthly_earnings,
        obs_status as obs_status,
        unit_measure_type as unit_type,
        unit_measure as unit,
        unit_mult as unit_multiplier,
        source as survey,
        note_source as note_source,
        note_indicator as note_indicator,
        note_classif as note_classif,
        decimals as decimals_shown,
        {{ in_units('upper_bound', 'unit_mult') }} as upper_bound,
        {{ in_units('lower_bound', 'unit_mult') }} as lower_bound,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
