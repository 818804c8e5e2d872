-- Displaced people of unknown origin, or stateless, by sex and age.
{%- set keys = [
    'dataset_id', 'part', 'origin_code', 'origin_iso3', 'origin_type', 'destination_code', 'destination_iso3',
    'destination_type', 'year', 'obs_status', 'published', 'recorded_at', 'receipt'
] %}
{%- set measures = [
    'persons', 'female_0_4', 'female_5_11', 'female_12_17', 'female_18_59', 'female_60_and_over', 'female_unknown_age',
    'female_total', 'male_0_4', 'male_5_11', 'male_12_17', 'male_18_59', 'male_60_and_over', 'male_unknown_age', 'male_total'
] %}
with wide as (
    select *
    from {{ ref('int_displaced_demographics') }}
    where not coalesce({{ are_countries(['origin_type', 'destination_type']) }}, false)
),

figures as (
    {{ long_form('wide', keys, measures, 'persons') }}
),

parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

final as (
    select
        figures.origin_iso3,
        figures.destination_iso3,
        figures.origin_type,
        figures.destination_type,
        figures.origin_code,
        figures.destination_code,
        figures.year,
        case
            when figures.measure like 'female%' then 'F'
            when figures.measure like 'male%' then 'M'
            else 'T'
        end as sex,
        case
            when figures.measure like '%_0_4' then 'Y0-4'
            when figures.measure like '%_5_11' then 'Y5-11'
            when figures.measure like '%_12_17' then 'Y12-17'
            when figures.measure like '%_18_59' then 'Y18-59'
            when figures.measure like '%_60_and_over' then 'Y_GE60'
            when figures.measure like '%_unknown_age' then 'unknown'
            else 'total'
        end as age_group,
        figures.persons,
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
)

select * from final
