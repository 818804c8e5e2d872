-- Where a country stands among all others, measure by measure and year by year; who is left out, and why.
with figures as (
    select * from {{ ref('int_figures_in_use') }}
),

rates as (
    select * from {{ ref('int_compared_measures') }}
),

skilled_emigration as (
    select * from {{ ref('mart_skilled_emigration') }}
    where sex = 'T' and emigrants_high is not null
),

indicators as (
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

-- Rates come from wherever they are made; how many there are in all, of people or of dollars, is ranked beside them.
measured as (
    select
        measure,
        measure_title,
        unit,
        iso3,
        year,
        value,
        estimate_kind,
        source_ids,
        licence,
        is_publishable,
        vintage_max
    from rates
    union all
    select
        indicators.measure,
        indicators.title as measure_title,
        indicators.unit,
        figures.iso3,
        figures.year,
        figures.value,
        figures.estimate_kind,
        figures.source_id as source_ids,
        figures.licence,
        figures.is_publishable,
        cast(figures.recorded_at as date) as vintage_max
    from figures
    inner join indicators
        on figures.indicator_code = indicators.indicator_code
    where indicators.unit in ('persons', 'current US$', 'applications')
    union all
    select
        'skilled_emigrants_' || method_id || '_persons' as measure,
        'Highly educated emigrants, method ' || method_id as measure_title,
        'persons' as unit,
        origin_iso3 as iso3,
        year,
        emigrants_high as value,
        estimate_kind,
        source_ids,
        licence,
        is_publishable,
        vintage_max
    from skilled_emigration
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
        judged.measure_title,
        judged.unit,
        indicators.indicator_code,
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
        cast(1 as integer) as n_components_present,
        cast(1 as integer) as n_components_total,
        judged.year as oldest_component_year,
        cast(null as varchar) as missing_components,
        judged.estimate_kind,
        judged.source_ids,
        judged.licence,
        judged.is_publishable,
        judged.vintage_max,
        {{ release_columns() }}
    from judged
    left join indicators
        on judged.measure = indicators.measure
    left join ranked_beside_the_time_before
        on
            judged.measure = ranked_beside_the_time_before.measure
            and judged.iso3 = ranked_beside_the_time_before.iso3
            and judged.year = ranked_beside_the_time_before.year
)

select * from final
