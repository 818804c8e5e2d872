-- Where a country stands among all others, measure by measure and year by year; who is left out, and why.
with figures as (
    select * from {{ ref('int_figures_in_use') }}
),

push_pull as (
    select * from {{ ref('mart_push_pull_country_year') }}
),

measures as (
    select * from {{ ref('ranking_measure') }}
),

population as (
    select
        iso3,
        year,
        value as population_persons
    from figures
    where indicator_code = 'SP.POP.TOTL'
),

net_migration_per_1000 as (
    select
        figures.iso3,
        figures.year,
        1000 * figures.value / population.population_persons as value,
        figures.source_id,
        figures.licence,
        figures.is_publishable
    from figures
    inner join population
        on
            figures.iso3 = population.iso3
            and figures.year = population.year
    where figures.indicator_code = 'SM.POP.NETM' and population.population_persons > 0
),

measured as (
    select
        measures.measure,
        figures.iso3,
        figures.year,
        figures.value,
        figures.source_id as source_ids,
        figures.licence,
        figures.is_publishable
    from figures
    inner join measures
        on figures.indicator_code = measures.indicator_code
    union all
    select
        'net_migration_per_1000' as measure,
        iso3,
        year,
        value,
        source_id as source_ids,
        licence,
        is_publishable
    from net_migration_per_1000
    {% for measure, column in {
        'push_score': 'push_score', 'pull_score': 'pull_score', 'push_pull_balance': 'balance'
    }.items() %}
        union all
        select
            '{{ measure }}' as measure,
            iso3,
            year,
            {{ column }} as value,
            source_ids,
            licence,
            is_publishable
        from push_pull
        where {{ column }} is not null
    {% endfor %}
),

countries_of_the_year as (
    select
        measure,
        year,
        count(*) as n_countries
    from measured
    group by measure, year
),

judged as (
    select
        measured.*,
        case
            when population.population_persons is null then 'population of the year is not known'
            when population.population_persons < 100000 then 'population below 100,000'
            when countries_of_the_year.n_countries < 30 then 'fewer than 30 countries have a figure for the year'
            else 'eligible'
        end as eligibility_reason
    from measured
    inner join countries_of_the_year
        on
            measured.measure = countries_of_the_year.measure
            and measured.year = countries_of_the_year.year
    left join population
        on
            measured.iso3 = population.iso3
            and measured.year = population.year
),

ranked as (
    select
        measure,
        iso3,
        year,
        cast(rank() over (partition by measure, year order by value desc) as integer) as rank_desc,
        100 * percent_rank() over (partition by measure, year order by value) as percentile,
        cast(count(*) over (partition by measure, year) as integer) as n_ranked
    from judged
    where eligibility_reason = 'eligible'
),

ranked_beside_the_time_before as (
    select
        *,
        lag(year) over (partition by measure, iso3 order by year) as previous_year,
        lag(rank_desc) over (partition by measure, iso3 order by year) as previous_rank_desc
    from ranked
),

final as (
    select
        judged.measure,
        measures.title as measure_title,
        measures.unit,
        measures.indicator_code,
        judged.year,
        judged.iso3,
        judged.value,
        ranked_beside_the_time_before.rank_desc,
        case
            when ranked_beside_the_time_before.n_ranked > 1 then ranked_beside_the_time_before.percentile
        end as percentile,
        ranked_beside_the_time_before.n_ranked,
        ranked_beside_the_time_before.previous_rank_desc - ranked_beside_the_time_before.rank_desc as change_rank,
        ranked_beside_the_time_before.previous_year,
        judged.eligibility_reason = 'eligible' as is_ranked,
        judged.eligibility_reason,
        judged.source_ids,
        judged.licence,
        judged.is_publishable,
        {{ release_columns() }}
    from judged
    inner join measures
        on judged.measure = measures.measure
    left join ranked_beside_the_time_before
        on
            judged.measure = ranked_beside_the_time_before.measure
            and judged.iso3 = ranked_beside_the_time_before.iso3
            and judged.year = ranked_beside_the_time_before.year
)

select * from final
