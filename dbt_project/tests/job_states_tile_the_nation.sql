-- The 51 states of one publisher against its own nation, two files each: where every state shows a figure, they add up
-- to the nation's. The publisher distorts cells of states and nation independently and states no bound for it; by cells
-- that it does not mark as distorted the difference must stay within 2 %, as for educations within a state at the load.
{%- set tolerance = 0.02 %}

with margins as (
    select * from {{ ref('fct_job_to_job_margin') }}
    where main_jobs_begin_status = '1' and geo_level in ('state', 'nation')
),

compared as (
    select
        breakdown,
        industry,
        education,
        firm_size,
        year,
        quarter,
        count(case when geo_level = 'state' then 1 end) as n_states,
        sum(case when geo_level = 'state' then main_jobs_begin end) as states,
        sum(case when geo_level = 'nation' then main_jobs_begin end) as nation
    from margins
    group by breakdown, industry, education, firm_size, year, quarter
),

final as (
    select *
    from compared
    where n_states = 51 and abs(states - nation) > {{ tolerance }} * nation
)

select * from final
