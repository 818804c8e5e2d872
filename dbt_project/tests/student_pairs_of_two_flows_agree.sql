-- The OECD tells the same students twice: by host and, turned around, by origin. Both flows come of the hosts' reports
-- to one edition of Education at a Glance, so a pair that both have is the same, to the rounding.
with pairs as (
    select
        origin_iso3,
        destination_iso3,
        year,
        max(case when dataset_id = 'oecd_mobile_students' then students end) as by_host,
        max(case when dataset_id = 'oecd_students_abroad' then students end) as by_origin
    from {{ ref('fct_student_mobility') }}
    where
        measure = 'enrolled'
        and education = '5-8'
        and sex = 'T'
        and mobility = 'mobile'
        and breakdown = 'none'
    group by origin_iso3, destination_iso3, year
),

final as (
    select * from pairs
    where abs(by_host - by_origin) > 1
)

select * from final
