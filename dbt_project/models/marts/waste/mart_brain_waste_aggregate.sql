-- How over-qualified are foreign workers with tertiary education relative to natives, in the Union and its groups?
with figures as (
    select * from {{ ref('int_brain_waste') }}
),

final as (
    select
        iso3,
        year,
        sex,
        age_band,
        origin_group,
        basis,
        oq_rate,
        oq_rate_native,
        oq_gap_pp,
        oq_ratio,
        emp_rate_tertiary_foreign_born,
        emp_rate_tertiary_native_born,
        utilisation_rate_foreign_born,
        utilisation_rate_native_born,
        waste_index,
        reliability_flag,
        obs_status,
        {{ mart_tail() }}
    from figures
    where not ({{ are_countries(['entity_type']) }})
)

select * from final
