-- Figures of countries that are known, under the indicator they stand for.
{{ config(materialized='view') }}

with figures as (
    select * from {{ ref('fct_indicator_value') }}
),

series_in_use as (
    select * from {{ ref('int_series_in_use') }}
),

countries as (
    select * from {{ ref('country') }}
),

final as (
    select
        figures.iso3,
        countries.entity_type,
        figures.year,
        series_in_use.indicator_code,
        figures.value,
        figures.estimate_kind,
        figures.dataset_id,
        figures.source_id,
        figures.licence,
        figures.is_publishable,
        figures.recorded_at
    from figures
    inner join series_in_use
        on figures.indicator_code = series_in_use.series_code
    inner join countries
        on figures.iso3 = countries.iso3
    where figures.value is not null
)

select * from final
