-- Educational attainment of adults by place of birth and age at migration.
with changes as (
    select * from {{ change_log('oecd', 'oecd_attainment_by_birthplace') }}
),

final as (
    select
        'oecd_attainment_by_birthplace' as dataset_id,
        ref_area as reference_area_code,
        replace(sex, '_T', 'T') as sex,
        age as age,
        attainment_lev as education,
        education_field as education_field,
        measure as measure,
        birth_place as birth_place,
        migration_age as migration_age,
        edu_status as edu_status,
        labour_force_status as labour_force_status,
        unit_measure as unit,
        statistical_operation as statistical_operation,
        questionnaire as questionnaire,
        freq as frequency,
        time_period as year,
        {{ in_units('obs_value', 'unit_mult') }} as value,
        obs_status as obs_status,
        conf_status as confidentiality_status,
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
