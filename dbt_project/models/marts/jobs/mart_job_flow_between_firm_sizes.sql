-- Do those who change jobs go to larger or to smaller firms?
{%- set measures = ['ee_moves', 'aq_moves', 'j2j_moves'] %}
with moves as (
    select * from {{ ref('fct_job_to_job_firm_size_od') }}
),

years as (
    select
        origin_firm_size,
        destination_firm_size,
        year,
        {{ year_of_quarters(measures) }},
        {{ provenance_of_group() }}
    from moves
    group by origin_firm_size, destination_firm_size, year
),

side_by_side as (
    select
        years.*,
        reversed.j2j_moves as reverse_moves,
        reversed.j2j_moves_missing as reverse_moves_missing,
        margins.j2j_moves as origin_moves,
        margins.j2j_moves_missing as origin_moves_missing
    from years
    left join years as reversed
        on
            years.origin_firm_size = reversed.destination_firm_size
            and years.destination_firm_size = reversed.origin_firm_size
            and years.year = reversed.year
    left join years as margins
        on
            years.origin_firm_size = margins.origin_firm_size
            and margins.destination_firm_size = '0'
            and years.year = margins.year
),

measured as (
    select
        *,
        {{ annual_provenance(measures + ['reverse_moves', 'origin_moves']) }}
    from side_by_side
),

final as (
    select
        origin_firm_size,
        destination_firm_size,
        year,
        case
            when origin_firm_size = '0' or destination_firm_size = '0' then 'margin'
            when origin_firm_size = destination_firm_size then 'same'
            when origin_firm_size < destination_firm_size then 'larger'
            else 'smaller'
        end as step,
        quarters_observed,
        suppressed_cells,
        distorted_cells,
        j2j_moves as moves,
        ee_moves,
        aq_moves,
        reverse_moves,
        j2j_moves - reverse_moves as net_moves,
        origin_moves,
        {{ share('j2j_moves', 'origin_moves') }} as share_of_origin_moves,
        {{ mart_tail() }}
    from measured
)

select * from final
