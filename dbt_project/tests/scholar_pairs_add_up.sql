-- Two files of one publisher, each counted by itself: moves between pairs of countries add up to what each country
-- counts. A pair with a place that has no code is in the country's count only; in 2018 those were 1 of 100 moves.
{%- set most_without_a_partner = 0.02 %}

with counts as (
    select * from {{ ref('fct_scholar_mobility') }}
    where database = 'mpidr_scopus' and measure = 'in_moves'
),

arrivals as (
    select
        destination_iso3 as iso3,
        year,
        sum(moves) as moves
    from {{ ref('fct_scholar_flow') }}
    group by destination_iso3, year
),

years_of_pairs as (
    select distinct year from arrivals
),

compared as (
    select
        counts.iso3,
        counts.year,
        counts.value as counted,
        coalesce(arrivals.moves, 0) as added_up
    from counts
    inner join years_of_pairs
        on counts.year = years_of_pairs.year
    left join arrivals
        on
            counts.iso3 = arrivals.iso3
            and counts.year = arrivals.year
),

final as (
    select
        iso3,
        year,
        counted,
        added_up
    from compared
    where added_up > counted
    union all
    select
        'all' as iso3,
        year,
        sum(counted) as counted,
        sum(added_up) as added_up
    from compared
    group by year
    having sum(added_up) < (1 - {{ most_without_a_partner }}) * sum(counted)
)

select * from final
