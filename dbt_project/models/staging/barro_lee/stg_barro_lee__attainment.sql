-- Educational attainment of both sexes by ten-year age group.
with changes as (
    select * from {{ change_log('barro_lee', 'barro_lee_attainment') }}
),

final as (
    select
        'barro_lee_attainment' as dataset_id,
        wbcode as reference_area_code,
        year,
        replace(sex, 'MF', 'T') as sex,
        agefrom as age_from,
        ageto as age_to,
        lu as no_schooling_pct,
        lp as primary_pct,
        lpc as primary_completed_pct,
        ls as secondary_pct,
        lsc as secondary_completed_pct,
        lh as tertiary_pct,
        lhc as tertiary_completed_pct,
        yr_sch as schooling_years,
        yr_sch_pri as primary_schooling_years,
        yr_sch_sec as secondary_schooling_years,
        yr_sch_ter as tertiary_schooling_years,
        pop * 1000 as persons,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
