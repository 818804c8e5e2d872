-- How much of what could be known is known: per indicator once by country, over years, and once by year, over
-- countries.
with figures as (
    select * from {{ ref('fct_indicator_value') }}
),

listed_countries as (
    select iso3 from {{ ref('dim_country') }}
    where is_listed and entity_type in ('sovereign', 'territory')
),

years_with_figures as (
    select
        dataset_id,
        indicator_code,
        count(distinct year) as n_years
    from figures
    where value is not null
    group by dataset_id, indicator_code
),

countries_to_expect as (
    select iso3 from listed_countries
    union
    select iso3 from figures
),

n_countries_to_expect as (
    select count(*) as n_countries from countries_to_expect
),

by_country as (
    select
        figures.source_id,
        figures.dataset_id,
        figures.indicator_code,
        'country' as scope,
        figures.iso3,
        cast(null as integer) as year,
        count(*) as n_obs,
        count(figures.value) as n_non_null,
        coalesce(max(years_with_figures.n_years), 0) as n_expected,
        min(case when figures.value is not null then figures.year end) as first_year,
        max(case when figures.value is not null then figures.year end) as latest_year,
        max(figures.published) as last_published,
        max(figures.recorded_at) as last_recorded_at,
        figures.licence,
        figures.is_publishable
    from figures
    left join years_with_figures
        on
            figures.dataset_id = years_with_figures.dataset_id
            and figures.indicator_code = years_with_figures.indicator_code
    group by
        figures.source_id, figures.dataset_id, figures.indicator_code, figures.iso3, figures.licence,
        figures.is_publishable
),

by_year as (
    select
        figures.source_id,
        figures.dataset_id,
        figures.indicator_code,
        'year' as scope,
        cast(null as varchar) as iso3,
        figures.year,
        count(*) as n_obs,
        count(figures.value) as n_non_null,
        max(n_countries_to_expect.n_countries) as n_expected,
        min(case when figures.value is not null then figures.year end) as first_year,
        max(case when figures.value is not null then figures.year end) as latest_year,
        max(figures.published) as last_published,
        max(figures.recorded_at) as last_recorded_at,
        figures.licence,
        figures.is_publishable
    from figures
    cross join n_countries_to_expect
    group by
        figures.source_id, figures.dataset_id, figures.indicator_code, figures.year, figures.licence,
        figures.is_publishable
),

both_ways as (
    select * from by_country
    union all
    select * from by_year
),

final as (
    select
        source_id,
        dataset_id,
        indicator_code,
        scope,
        iso3,
        year,
        n_obs,
        n_non_null,
        n_expected,
        cast(n_non_null as double) / nullif(n_expected, 0) as coverage_ratio,
        100 * cast(n_non_null as double) / nullif(n_expected, 0) as coverage_pct,
        first_year,
        latest_year,
        last_published,
        last_recorded_at,
        licence,
        is_publishable,
        {{ release_columns() }}
    from both_ways
)

select * from final
