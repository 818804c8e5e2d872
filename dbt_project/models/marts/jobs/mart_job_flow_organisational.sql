-- Do workers leave large firms, in which sectors and states, and how many of those who leave find no next job?
{%- set measures = [
    'main_jobs_begin', 'main_jobs_end', 'main_separations', 'ee_separations', 'aq_separations', 'j2j_hires',
    'j2j_separations', 'nonemployment_separations'
] %}
with margins as (
    select * from {{ ref('fct_job_to_job_margin') }}
    where breakdown = 'firm_size'
),

-- The publisher gives earnings before and after the same moves by industry of the nation, not by firm size.
moves_out_of_industries as (
    select
        origin_state as us_state,
        origin_industry as industry,
        year,
        ee_stable_moves * ee_earnings_origin_usd as pay_before,
        ee_stable_moves * ee_earnings_destination_usd as pay_after
    from {{ ref('fct_job_to_job_od') }}
    where geo_level = 'nation' and destination_industry = '00' and education = 'E0'
),

pay_steps as (
    select
        us_state,
        industry,
        year,
        sum(pay_after) / nullif(sum(pay_before), 0) as pay_step_ratio_all_sizes
    from moves_out_of_industries
    group by us_state, industry, year
    having count(pay_before) = 4 and count(pay_after) = 4
),

sectors as (
    select * from {{ ref('naics_sector') }}
),

years as (
    select
        us_state,
        geo_level,
        industry,
        firm_size,
        year,
        {{ year_of_quarters(measures) }},
        {{ provenance_of_group() }}
    from margins
    group by us_state, geo_level, industry, firm_size, year
),

side_by_side as (
    select
        years.*,
        sectors.title as industry_name,
        pay_steps.pay_step_ratio_all_sizes,
        case
            when years.geo_level <> 'nation' then 'published for the nation only'
        end as pay_step_ratio_all_sizes_missing,
        (years.main_jobs_begin + years.main_jobs_end) / 8 as main_jobs_mean
    from years
    left join pay_steps
        on
            years.us_state = pay_steps.us_state
            and years.industry = pay_steps.industry
            and years.year = pay_steps.year
    left join sectors
        on years.industry = sectors.industry
),

measured as (
    select
        *,
        {{ annual_provenance(measures + ['pay_step_ratio_all_sizes']) }}
    from side_by_side
),

final as (
    select
        us_state,
        geo_level,
        industry,
        industry_name,
        firm_size,
        year,
        quarters_observed,
        suppressed_cells,
        distorted_cells,
        main_jobs_mean,
        main_separations,
        ee_separations,
        aq_separations,
        nonemployment_separations,
        j2j_hires,
        j2j_separations,
        j2j_hires - j2j_separations as net_moves,
        {{ share('ee_separations + aq_separations', '4 * main_jobs_mean') }} as outflow_rate,
        {{ share('j2j_hires', '4 * main_jobs_mean') }} as inflow_rate,
        1000 * {{ share('j2j_hires - j2j_separations', 'main_jobs_mean') }} as net_moves_per_1000,
        {{ share('nonemployment_separations', 'main_separations') }} as nonemployment_share,
        pay_step_ratio_all_sizes,
        {{ mart_tail() }}
    from measured
)

select * from final
