-- How much of what could be known is known, of every fact: per series once by country, over years, and once by year,
-- over countries.
with cells as (
    select * from {{ ref('int_fact_cells') }}
),

listed_countries as (
    select iso3 from {{ ref('dim_country') }}
    where is_listed and entity_type in ('sovereign', 'territory')
),

held_back as (
    select
        dataset_id,
        count(*) as n_parts_held_back
    from {{ ref('mart_source_freshness') }}
    where status in ('quarantined', 'failed')
    group by dataset_id
),

years_with_figures as (
    select
        dataset_id,
        fact,
        series,
        place_role,
        count(distinct year) as n_years
    from cells
    where n_non_null > 0
    group by dataset_id, fact, series, place_role
),

places as (
    select distinct
        dataset_id,
        fact,
        series,
        place_role,
        iso3
    from cells
),

-- An indicator is published for the world; every other series for the countries it has a row of.
all_countries as (
    select iso3 from listed_countries
    union
    select iso3 from places
    where fact = 'fct_indicator_value'
),

indicators as (
    select distinct
        dataset_id,
        fact,
        series,
        place_role
    from places
    where fact = 'fct_indicator_value'
),

countries_to_expect as (
    select
        indicators.*,
        all_countries.iso3
    from indicators
    cross join all_countries
    union all
    select * from places
    where fact <> 'fct_indicator_value'
),

n_countries_to_expect as (
    select
        dataset_id,
        fact,
        series,
        place_role,
        count(*) as n_countries
    from countries_to_expect
    group by dataset_id, fact, series, place_role
),

by_country as (
    select
        source_id,
        dataset_id,
        fact,
        series,
        place_role,
        'country' as scope,
        iso3,
        cast(null as integer) as year,
        sum(n_obs) as n_obs,
        sum(n_non_null) as n_non_null,
        sum(case when estimate_kind <> 'observed' then n_non_null else 0 end) as n_not_observed,
        count(distinct case when n_non_null > 0 then year end) as n_covered,
        min(case when n_non_null > 0 then year end) as first_year,
        max(case when n_non_null > 0 then year end) as latest_year,
        max(last_published) as last_published,
        max(last_recorded_at) as last_recorded_at,
        {{ joined_values('case when n_non_null > 0 then estimate_kind end') }} as estimate_kind,
        licence,
        is_publishable
    from cells
    group by source_id, dataset_id, fact, series, place_role, iso3, licence, is_publishable
),

by_year as (
    select
        source_id,
        dataset_id,
        fact,
        series,
        place_role,
        'year' as scope,
        cast(null as varchar) as iso3,
        year,
        sum(n_obs) as n_obs,
        sum(n_non_null) as n_non_null,
        sum(case when estimate_kind <> 'observed' then n_non_null else 0 end) as n_not_observed,
        count(distinct case when n_non_null > 0 then iso3 end) as n_covered,
        min(case when n_non_null > 0 then year end) as first_year,
        max(case when n_non_null > 0 then year end) as latest_year,
        max(last_published) as last_published,
        max(last_recorded_at) as last_recorded_at,
        {{ joined_values('case when n_non_null > 0 then estimate_kind end') }} as estimate_kind,
        licence,
        is_publishable
    from cells
    group by source_id, dataset_id, fact, series, place_role, year, licence, is_publishable
),

both_ways as (
    select * from by_country
    union all
    select * from by_year
),

expected as (
    select
        both_ways.*,
        case
            when both_ways.scope = 'country' then coalesce(years_with_figures.n_years, 0)
            else n_countries_to_expect.n_countries
        end as n_expected,
        coalesce(held_back.n_parts_held_back, 0) as n_parts_held_back
    from both_ways
    left join years_with_figures
        on
            both_ways.dataset_id = years_with_figures.dataset_id
            and both_ways.fact = years_with_figures.fact
            and both_ways.series = years_with_figures.series
            and both_ways.place_role = years_with_figures.place_role
    left join n_countries_to_expect
        on
            both_ways.dataset_id = n_countries_to_expect.dataset_id
            and both_ways.fact = n_countries_to_expect.fact
            and both_ways.series = n_countries_to_expect.series
            and both_ways.place_role = n_countries_to_expect.place_role
    left join held_back
        on both_ways.dataset_id = held_back.dataset_id
),

final as (
    select
        source_id,
        dataset_id,
        fact,
        series,
        place_role,
        scope,
        iso3,
        year,
        cast(n_obs as bigint) as n_obs,
        cast(n_non_null as bigint) as n_non_null,
        n_covered,
        n_expected,
        cast(n_covered as double) / nullif(n_expected, 0) as coverage_ratio,
        100 * cast(n_covered as double) / nullif(n_expected, 0) as coverage_pct,
        first_year,
        latest_year,
        estimate_kind,
        100 * cast(n_not_observed as double) / nullif(n_non_null, 0) as not_observed_pct,
        last_published,
        last_recorded_at,
        n_parts_held_back,
        licence,
        is_publishable,
        {{ release_columns() }}
    from expected
)

select * from final
