-- Mobile students enrolled and graduated by country of study and of origin.
with changes as (
    select * from {{ change_log('oecd', 'oecd_mobile_students') }}
),

final as (
    select
        'oecd_mobile_students' as dataset_id,
        ref_area as reference_area_code,
        education_lev as education,
        measure as measure,
        education_type as education_type,
        intensity as intensity,
        education_field as education_field,
        grade as grade,
        freq as frequency,
        origin as origin_code,
        destination as destination_code,
        inst_type_edu as inst_type_edu,
        mobility as mobility,
        unit_measure as unit,
        replace(sex, '_T', 'T') as sex,
        age as age,
        time_period as year,
        {{ in_units('obs_value', 'unit_mult') }} as value,
        ref_year_ages as ref_year_ages,
        origin_criterion as origin_criterion,
        repyearstart as repyearstart,
        repyearend as repyearend,
        obs_status as obs_status,
        conf_status as confidentiality_status,
        comment_obs as obs_comment,
        decimals as decimals_shown,
        time_per_collect as time_per_collect,
        unit_mult as unit_multiplier,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
