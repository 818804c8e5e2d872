-- Displaced people of unknown origin, stateless, or without a country of asylum.
{%- set keys = [
    'dataset_id', 'part', 'origin_code', 'origin_iso3', 'origin_type', 'destination_code', 'destination_iso3',
    'destination_type', 'year', 'obs_status', 'published', 'recorded_at', 'receipt'
] %}
{%- set measures = [
    'refugees', 'asylum_seekers', 'returned_refugees', 'idps', 'returned_idps', 'stateless', 'others_of_concern',
    'others_in_need_of_protection', 'host_community', 'resettlement', 'naturalisation'
] %}
with wide as (
    select *
    from {{ ref('int_displacements') }}
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
        figures.measure,
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
