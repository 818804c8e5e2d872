-- How much of a country's tertiary educated labour force is abroad, and how many years of graduates that is?
{%- set components = [
    'tertiary_population_working_age', 'employed_advanced_pct', 'unemployed_advanced_pct', 'tertiary_enrolment',
    'skilled_emigrants_working_age'
] %}
{%- set years_of_study = 4 %}
{%- set first_year = 1990 %}

with residents as (
    select
        *,
        case when population = 'all' then 'barro_lee' else 'dioc' end as residents_source
    from {{ ref('int_skilled_residents') }}
    where age_range = '15-64' and sex = 'T' and year >= {{ first_year }}
),

emigrants as (
    select * from {{ ref('int_skilled_emigrants') }}
    where age_range = '15-64' and sex = 'T'
),

employment as (
    select * from {{ ref('fct_employment_by_birth') }}
    where
        dataset_id = 'ilo_employment_rate_by_education'
        and measure = 'employment_rate'
        and sex = 'T'
        and education = 'high'
        and birth_place = 'total'
        and rate_pct is not null
),

figures as (
    select * from {{ ref('int_figures_in_use') }}
    where indicator_code in ('SL.UEM.ADVN.ZS', 'SE.TER.ENRL')
),

-- DIOC counts natives and foreign-born apart; both live here, and without the natives nobody is known.
populations as (
    select
        iso3,
        year,
        residents_source,
        case
            when count(case when population in ('all', 'native') then 1 end) > 0 then round({{ exact_sum('high') }}, 6)
        end as value,
        min(estimate_kind) as estimate_kind,
        source_id,
        licence,
        is_publishable,
        max(recorded_at) as recorded_at
    from residents
    group by iso3, year, residents_source, source_id, licence, is_publishable
),

country_years as (
    select distinct
        iso3,
        year,
        residents_source
    from populations
),

components as (
    select
        iso3,
        year,
        residents_source,
        'tertiary_population_working_age' as component,
        value,
        year as component_year,
        'natives are not in the round' as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from populations
    union all
    select
        country_years.iso3,
        country_years.year,
        country_years.residents_source,
        'skilled_emigrants_working_age' as component,
        round({{ exact_sum('emigrants.high') }}, 6) as value,
        country_years.year as component_year,
        case
            when country_years.year = 2020 then 'not among the hundred largest origins of the round'
            else 'no round of DIOC in this year, or no origin in it'
        end as missing_reason,
        min(emigrants.estimate_kind) as estimate_kind,
        emigrants.source_id,
        emigrants.licence,
        emigrants.is_publishable,
        max(emigrants.recorded_at) as recorded_at
    from country_years
    left join emigrants
        on
            country_years.iso3 = emigrants.origin_iso3
            and country_years.year = emigrants.year
    group by
        country_years.iso3,
        country_years.year,
        country_years.residents_source,
        emigrants.source_id,
        emigrants.licence,
        emigrants.is_publishable
    union all
    select
        country_years.iso3,
        country_years.year,
        country_years.residents_source,
        'employed_advanced_pct' as component,
        employment.rate_pct as value,
        employment.year as component_year,
        cast(null as varchar) as missing_reason,
        employment.estimate_kind,
        employment.source_id,
        employment.licence,
        employment.is_publishable,
        employment.recorded_at
    from country_years
    inner join employment
        on
            country_years.iso3 = employment.iso3
            and country_years.year = employment.year
    {% for component, indicator in {
        'unemployed_advanced_pct': 'SL.UEM.ADVN.ZS', 'tertiary_enrolment': 'SE.TER.ENRL'
    }.items() %}
        union all
        select
            country_years.iso3,
            country_years.year,
            country_years.residents_source,
            '{{ component }}' as component,
            figures.value,
            figures.year as component_year,
            cast(null as varchar) as missing_reason,
            figures.estimate_kind,
            figures.source_id,
            figures.licence,
            figures.is_publishable,
            figures.recorded_at
        from country_years
        inner join figures
            on
                country_years.iso3 = figures.iso3
                and country_years.year = figures.year
        where figures.indicator_code = '{{ indicator }}'
    {% endfor %}
),

side_by_side as (
    select
        iso3,
        year,
        residents_source,
        {{ component_values(components) }},
        {{ component_provenance(components) }}
    from components
    group by iso3, year, residents_source
),

-- Who works over who works or looks for work: employed / (1 - unemployed), both of the advanced educated.
labour_force as (
    select
        *,
        {{ share('employed_advanced_pct', '(1 - unemployed_advanced_pct / 100)') }} as participation_advanced_pct,
        {{ share('tertiary_population_working_age * employed_advanced_pct', '(100 - unemployed_advanced_pct)') }}
            as tertiary_labour_force,
        tertiary_enrolment / {{ years_of_study }} as annual_tertiary_graduates_estimated
    from side_by_side
),

final as (
    select
        iso3,
        year,
        residents_source,
        tertiary_population_working_age,
        employed_advanced_pct,
        unemployed_advanced_pct,
        participation_advanced_pct,
        tertiary_labour_force,
        skilled_emigrants_working_age,
        {{ share('skilled_emigrants_working_age', '(tertiary_labour_force + skilled_emigrants_working_age)') }}
            as loss_share,
        tertiary_enrolment,
        annual_tertiary_graduates_estimated,
        {{ share('skilled_emigrants_working_age', 'annual_tertiary_graduates_estimated') }} as years_of_output,
        {{ mart_tail() }}
    from labour_force
)

select * from final
