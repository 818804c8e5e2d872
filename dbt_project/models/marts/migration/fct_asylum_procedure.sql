-- Applications for asylum and decisions on them, by country of origin and of asylum.
{%- set keys = [
    'dataset_id', 'part', 'origin_code', 'origin_iso3', 'origin_type', 'destination_code', 'destination_iso3',
    'destination_type', 'year', 'procedure_type', 'application_type', 'decision_level', 'counted_in',
    'obs_status', 'published', 'recorded_at', 'receipt'
] %}
{%- set measures = ['applications', 'decisions', 'recognised', 'otherwise_protected', 'rejected', 'closed'] %}
with wide as (
    select *
    from {{ ref('int_asylum_procedures') }}
    where {{ are_countries(['origin_type', 'destination_type']) }}
),

figures as (
    {{ long_form('wide', keys, measures, 'value') }}
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
        figures.year,
        figures.measure,
        figures.procedure_type,
        figures.application_type,
        figures.decision_level,
        figures.counted_in,
        figures.value,
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
