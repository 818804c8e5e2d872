-- Educations E1 to E5 against E0: every job is in exactly one, E5 (aged 24 or younger) beside E4 and not inside it. The
-- publisher rounds and distorts single cells; what it does not mark must agree within 2 %, or ten jobs in small cells.
{%- set tolerance = 0.02 %}

with margins as (
    select * from {{ ref('fct_job_to_job_margin') }}
    where breakdown = 'education' and main_jobs_begin_status = '1'
),

compared as (
    select
        us_state,
        industry,
        year,
        quarter,
        count(case when education <> 'E0' then 1 end) as n_educations,
        sum(case when education <> 'E0' then main_jobs_begin end) as educations,
        sum(case when education = 'E0' then main_jobs_begin end) as whole
    from margins
    group by us_state, industry, year, quarter
),

final as (
    select *
    from compared
    where n_educations = 5 and abs(educations - whole) > greatest({{ tolerance }} * whole, 10)
)

select * from final
