-- Which industries lose workers of a level of education to which, how many do they keep, and what does a move pay?
{%- set sums = ['ee_moves', 'aq_moves', 'ee_stable_moves', 'pay_before', 'pay_after'] %}
{%- set components = [
    'ee_moves', 'aq_moves', 'reverse_moves', 'origin_moves', 'same_industry_moves', 'origin_main_jobs',
    'earnings_before_usd', 'earnings_after_usd'
] %}
with quarters as (
    select
        *,
        ee_stable_moves * ee_earnings_origin_usd as pay_before,
        ee_earnings_origin_status as pay_before_status,
        ee_stable_moves * ee_earnings_destination_usd as pay_after,
        ee_earnings_destination_status as pay_after_status
    from {{ ref('fct_job_to_job_od') }}
    where geo_level = 'nation'
),

margins as (
    select * from {{ ref('fct_job_to_job_margin') }}
    where breakdown = 'education' and geo_level = 'nation'
),

sectors as (
    select * from {{ ref('naics_sector') }}
),

years as (
    select
        destination_state as us_state,
        geo_level,
        origin_industry,
        destination_industry,
        education,
        year,
        {{ year_of_quarters(sums) }},
        {{ provenance_of_group() }}
    from quarters
    group by destination_state, geo_level, origin_industry, destination_industry, education, year
),

moves as (
    select
        *,
        ee_moves + aq_moves as moves,
        coalesce(ee_moves_missing, aq_moves_missing) as moves_missing,
        pay_before / nullif(ee_stable_moves, 0) as earnings_before_usd,
        pay_before_missing as earnings_before_usd_missing,
        pay_after / nullif(ee_stable_moves, 0) as earnings_after_usd,
        pay_after_missing as earnings_after_usd_missing
    from years
),

main_jobs as (
    select
        us_state,
        industry,
        education,
        year,
        {{ year_of_quarters(['main_jobs_begin']) }}
    from margins
    group by us_state, industry, education, year
),

side_by_side as (
    select
        moves.*,
        origins.title as origin_industry_name,
        destinations.title as destination_industry_name,
        reversed.moves as reverse_moves,
        reversed.moves_missing as reverse_moves_missing,
        all_destinations.moves as origin_moves,
        all_destinations.moves_missing as origin_moves_missing,
        kept.moves as same_industry_moves,
        kept.moves_missing as same_industry_moves_missing,
        main_jobs.main_jobs_begin as origin_main_jobs,
        main_jobs.main_jobs_begin_missing as origin_main_jobs_missing
    from moves
    left join moves as reversed
        on
            moves.us_state = reversed.us_state
            and moves.origin_industry = reversed.destination_industry
            and moves.destination_industry = reversed.origin_industry
            and moves.education = reversed.education
            and moves.year = reversed.year
    left join moves as all_destinations
        on
            moves.us_state = all_destinations.us_state
            and moves.origin_industry = all_destinations.origin_industry
            and all_destinations.destination_industry = '00'
            and moves.education = all_destinations.education
            and moves.year = all_destinations.year
    left join moves as kept
        on
            moves.us_state = kept.us_state
            and moves.origin_industry = kept.origin_industry
            and moves.origin_industry = kept.destination_industry
            and moves.origin_industry <> '00'
            and moves.education = kept.education
            and moves.year = kept.year
    left join main_jobs
        on
            moves.us_state = main_jobs.us_state
            and moves.origin_industry = main_jobs.industry
            and moves.education = main_jobs.education
            and moves.year = main_jobs.year
    left join sectors as origins
        on moves.origin_industry = origins.industry
    left join sectors as destinations
        on moves.destination_industry = destinations.industry
),

measured as (
    select
        *,
        {{ annual_provenance(components) }}
    from side_by_side
),

final as (
    select
        us_state,
        geo_level,
        origin_industry,
        origin_industry_name,
        destination_industry,
        destination_industry_name,
        education,
        year,
        origin_industry = '00' or destination_industry = '00' as is_margin,
        quarters_observed,
        suppressed_cells,
        distorted_cells,
        moves,
        ee_moves,
        aq_moves,
        reverse_moves,
        moves - reverse_moves as net_moves,
        origin_moves,
        origin_main_jobs / 4 as origin_main_jobs_mean,
        {{ share('moves', 'origin_main_jobs') }} as out_rate,
        {{ share('origin_moves - same_industry_moves', 'origin_main_jobs') }} as inter_industry_out_rate,
        {{ share('same_industry_moves', 'origin_moves') }} as retention_share,
        earnings_before_usd,
        earnings_after_usd,
        100 * (earnings_after_usd / nullif(earnings_before_usd, 0) - 1) as earnings_change_pct,
        {{ mart_tail() }}
    from measured
)

select * from final
