-- Change log of every indicator, of whatever protocol, in one shape; codes still the publisher's.
{{ config(materialized='view') }}

with indicator_values as (
    select * from {{ ref('stg_world_bank__indicator_values') }}
),

archived_series as (
    select * from {{ ref('stg_world_bank__archived_series') }}
),

uis_values as (
    select * from {{ ref('stg_uis__indicator_values') }}
),

final as (
    select
        dataset_id,
        indicator_code,
        'world_bank_iso2code' as code_system,
        source_code,
        year,
        value,
        obs_status,
        change,
        recorded_at,
        published,
        receipt
    from indicator_values
    union all
    select
        dataset_id,
        indicator_code,
        'world_bank_id' as code_system,
        source_code,
        year,
        value,
        '' as obs_status,
        change,
        recorded_at,
        published,
        receipt
    from archived_series
    union all
    select
        dataset_id,
        indicator_code,
        'uis_geounit' as code_system,
        reference_area_code as source_code,
        year,
        value,
        -- the institute's own marks, in the letters of the other publishers: an estimate, or a nought that is none
        case when qualifier is not null then 'E' else coalesce(magnitude, '') end as obs_status,
        change,
        recorded_at,
        published,
        receipt
    from uis_values
)

select * from final
