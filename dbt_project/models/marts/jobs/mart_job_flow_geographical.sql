-- Between which states do workers of a level of education move, and who gains of each pair?
{%- set sums = ['ee_moves', 'aq_moves'] %}
{%- set components = ['ee_moves', 'aq_moves', 'reverse_moves', 'origin_main_jobs', 'destination_main_jobs'] %}
with quarters as (
    select * from {{ ref('fct_job_to_job_od') }}
    where geo_level <> 'nation'
),

margins as (
    select * from {{ ref('fct_job_to_job_margin') }}
    where breakdown = 'education' and industry = '00'
),

windows as (
    select
        origin_state,
        destination_state,
        4 * start_year + start_quarter as first_quarter,
        4 * end_year + end_quarter as last_quarter
    from {{ ref('fct_job_to_job_window') }}
),

years as (
    select
        origin_state,
        destination_state,
        education,
        year,
        {{ year_of_quarters(sums) }},
        {{ provenance_of_group() }}
    from quarters
    group by origin_state, destination_state, education, year
),

main_jobs as (
    select
        us_state,
        education,
        year,
        {{ year_of_quarters(['main_jobs_begin']) }}
    from margins
    group by us_state, education, year
),

moves as (
    select
        years.*,
        years.ee_moves + years.aq_moves as moves,
        coalesce(years.ee_moves_missing, years.aq_moves_missing) as moves_missing,
        case
            when windows.origin_state is not null
                then cast(greatest(
                    least(4 * years.year + 4, windows.last_quarter)
                    - greatest(4 * years.year + 1, windows.first_quarter) + 1, 0
                ) as integer)
        end as quarters_in_window
    from years
    left join windows
        on
            years.origin_state = windows.origin_state
            and years.destination_state = windows.destination_state
),

side_by_side as (
    select
        moves.*,
        reversed.moves as reverse_moves,
        case
            when moves.origin_state = 'USA' then 'not published'
            when reversed.origin_state is null then 'no row'
            else reversed.moves_missing
        end as reverse_moves_missing,
        origin_jobs.main_jobs_begin as origin_main_jobs,
        origin_jobs.main_jobs_begin_missing as origin_main_jobs_missing,
        destination_jobs.main_jobs_begin as destination_main_jobs,
        destination_jobs.main_jobs_begin_missing as destination_main_jobs_missing
    from moves
    left join moves as reversed
        on
            moves.origin_state = reversed.destination_state
            and moves.destination_state = reversed.origin_state
            and moves.education = reversed.education
            and moves.year = reversed.year
    left join main_jobs as origin_jobs
        on
            moves.origin_state = origin_jobs.us_state
            and moves.education = origin_jobs.education
            and moves.year = origin_jobs.year
    left join main_jobs as destination_jobs
        on
            moves.destination_state = destination_jobs.us_state
            and moves.education = destination_jobs.education
            and moves.year = destination_jobs.year
),

measured as (
    select
        *,
        {{ annual_provenance(components) }}
    from side_by_side
),

final as (
    select
        origin_state,
        destination_state,
        education,
        year,
        origin_state = 'USA' as is_margin,
        quarters_observed,
        quarters_in_window,
        suppressed_cells,
        distorted_cells,
        moves,
        ee_moves,
        aq_moves,
        reverse_moves,
        moves - reverse_moves as net_moves,
        origin_main_jobs / 4 as origin_main_jobs_mean,
        destination_main_jobs / 4 as destination_main_jobs_mean,
        {{ share('moves', 'origin_main_jobs') }} as out_rate,
        1000 * {{ share('moves - reverse_moves', 'destination_main_jobs / 4') }} as net_rate_per_1000,
        {{ mart_tail() }}
    from measured
)

select * from final
