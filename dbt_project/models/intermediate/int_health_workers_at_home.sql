-- Doctors and nurses who practise in a country: the newest density that is not after the year, five years old at most,
-- times the inhabitants of the density's year.
{{ config(materialized='view') }}
{%- set densities = {'doctors': 'SH.MED.PHYS.ZS', 'nurses': 'SH.MED.NUMW.P3'} %}
{%- set oldest = 5 %}

with figures as (
    select * from {{ ref('int_figures_in_use') }}
),

workforce as (
    select distinct year from {{ ref('fct_health_workforce') }}
),

densities as (
    {% for profession, indicator in densities.items() %}
        select
            iso3,
            year as home_year,
            '{{ profession }}' as profession,
            value as density_home_per_1000,
            estimate_kind,
            source_id,
            licence,
            is_publishable,
            recorded_at
        from figures
        where indicator_code = '{{ indicator }}'
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

newest_first as (
    select
        workforce.year,
        densities.*,
        row_number() over (
            partition by densities.iso3, densities.profession, workforce.year
            order by densities.home_year desc
        ) as place
    from workforce
    inner join densities
        on densities.home_year between workforce.year - {{ oldest }} and workforce.year
),

final as (
    select
        newest_first.iso3,
        newest_first.year,
        newest_first.profession,
        newest_first.home_year,
        newest_first.density_home_per_1000,
        newest_first.density_home_per_1000 * population.value / 1000 as home_stock,
        newest_first.estimate_kind,
        newest_first.source_id,
        newest_first.licence,
        newest_first.is_publishable,
        greatest(newest_first.recorded_at, population.recorded_at) as recorded_at
    from newest_first
    inner join figures as population
        on
            newest_first.iso3 = population.iso3
            and newest_first.home_year = population.year
    where newest_first.place = 1 and population.indicator_code = 'SP.POP.TOTL'
)

select * from final
