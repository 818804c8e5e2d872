-- The OECD and Eurostat collect students in one questionnaire (UOE), but publish in different months and treat students
-- of unknown origin and of distance courses differently, so single pairs differ by some percent. Over all pairs of a
-- host that both have, with fifty students or more, the sums stay within a tenth; more means another population.
{%- set tolerance = 0.1 %}
{%- set fewest_students = 50 %}

with pairs as (
    select
        origin_iso3,
        destination_iso3,
        year,
        max(case when dataset_id = 'oecd_mobile_students' then students end) as of_oecd,
        max(case when dataset_id = 'eurostat_educ_uoe_mobs02' then students end) as of_eurostat
    from {{ ref('fct_student_mobility') }}
    where
        measure = 'enrolled'
        and education = '5-8'
        and sex = 'T'
        and mobility = 'mobile'
        and breakdown = 'none'
        and origin_iso3 <> destination_iso3
    group by origin_iso3, destination_iso3, year
),

by_host as (
    select
        destination_iso3,
        year,
        sum(of_oecd) as of_oecd,
        sum(of_eurostat) as of_eurostat
    from pairs
    where of_oecd >= {{ fewest_students }} and of_eurostat >= {{ fewest_students }}
    group by destination_iso3, year
),

final as (
    select * from by_host
    where abs(of_oecd - of_eurostat) > {{ tolerance }} * of_eurostat
)

select * from final
