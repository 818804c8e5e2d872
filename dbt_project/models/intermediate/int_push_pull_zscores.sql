-- Each component indicator of the push-pull composite as a z-score: transformed, winsorised per year over
-- sovereign economies, then measured against the mean and deviation of the fixed reference years.
with figures as (
    select * from {{ ref('int_push_pull_figures') }}
),

components as (
    select distinct
        indicator_code,
        transform
    from {{ ref('push_pull_component') }}
),

population as (
    select
        iso3,
        year,
        value as population_persons
    from figures
    where indicator_code = 'SP.POP.TOTL' and value > 0
),

component_figures as (
    select
        figures.iso3,
        figures.year,
        figures.indicator_code,
        components.transform,
        figures.value,
        figures.estimate_kind,
        figures.source_id,
        figures.licence,
        figures.is_publishable,
        figures.recorded_at
    from figures
    inner join components
        on figures.indicator_code = components.indicator_code
),

five_year_windows as (
    select
        iso3,
        year,
        indicator_code,
        count(*) over last_five_years as n_years,
        cast(sum({{ as_exact('value') }}) over last_five_years as double) / 5 as five_year_mean
    from component_figures
    where transform = 'five_year_mean'
    window last_five_years as (
        partition by iso3, indicator_code
        order by year
        range between 4 preceding and current row
    )
),

transformed as (
    select
        component_figures.iso3,
        component_figures.year,
        component_figures.indicator_code,
        case
            when component_figures.transform = 'level' then component_figures.value
            when component_figures.transform = 'log' and component_figures.value > 0 then ln(component_figures.value)
            when component_figures.transform = 'per_1000_persons'
                then 1000 * component_figures.value / population.population_persons
            when component_figures.transform = 'five_year_mean' and five_year_windows.n_years = 5
                then five_year_windows.five_year_mean
        end as transformed_value,
        case
            when component_figures.transform = 'five_year_mean' then component_figures.year - 4
            else component_figures.year
        end as oldest_year,
        component_figures.estimate_kind,
        component_figures.source_id,
        component_figures.licence,
        component_figures.is_publishable,
        component_figures.recorded_at
    from component_figures
    left join population
        on
            component_figures.iso3 = population.iso3
            and component_figures.year = population.year
    left join five_year_windows
        on
            component_figures.iso3 = five_year_windows.iso3
            and component_figures.year = five_year_windows.year
            and component_figures.indicator_code = five_year_windows.indicator_code
),

known as (
    select * from transformed
    where transformed_value is not null
),

bounds_of_the_year as (
    select
        indicator_code,
        year,
        {{ percentile('transformed_value', 0.025) }} as lower_bound,
        {{ percentile('transformed_value', 0.975) }} as upper_bound
    from known
    group by indicator_code, year
),

winsorised as (
    select
        known.iso3,
        known.year,
        known.indicator_code,
        known.transformed_value,
        known.oldest_year,
        known.estimate_kind,
        known.source_id,
        known.licence,
        known.is_publishable,
        known.recorded_at,
        least(
            greatest(known.transformed_value, bounds_of_the_year.lower_bound), bounds_of_the_year.upper_bound
        ) as winsorised_value
    from known
    inner join bounds_of_the_year
        on
            known.indicator_code = bounds_of_the_year.indicator_code
            and known.year = bounds_of_the_year.year
),

reference_years as (
    select
        indicator_code,
        winsorised_value
    from winsorised
    where year between {{ var('reference_first_year') }} and {{ var('reference_last_year') }}
),

reference_means as (
    select
        indicator_code,
        {{ exact_mean('winsorised_value') }} as reference_mean
    from reference_years
    group by indicator_code
),

reference_deviations as (
    select
        reference_years.indicator_code,
        reference_means.reference_mean,
        sqrt({{ exact_mean(
            '(reference_years.winsorised_value - reference_means.reference_mean)'
            ~ ' * (reference_years.winsorised_value - reference_means.reference_mean)'
        ) }}) as reference_deviation
    from reference_years
    inner join reference_means
        on reference_years.indicator_code = reference_means.indicator_code
    group by reference_years.indicator_code, reference_means.reference_mean
),

final as (
    select
        winsorised.iso3,
        winsorised.year,
        winsorised.indicator_code,
        winsorised.transformed_value,
        winsorised.winsorised_value,
        (winsorised.winsorised_value - reference_deviations.reference_mean)
        / reference_deviations.reference_deviation as z_score,
        winsorised.oldest_year,
        winsorised.estimate_kind,
        winsorised.source_id,
        winsorised.licence,
        winsorised.is_publishable,
        winsorised.recorded_at
    from winsorised
    inner join reference_deviations
        on winsorised.indicator_code = reference_deviations.indicator_code
    where reference_deviations.reference_deviation > 0
)

select * from final
