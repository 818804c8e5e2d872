-- Change log of every indicator, of whatever protocol, in one shape; codes still the publisher's.
{{ config(materialized='view') }}

with indicator_values as (
    select * from {{ ref('stg_world_bank__indicator_values') }}
),

archived_series as (
    select * from {{ ref('stg_world_bank__archived_series') }}
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
)

select * from final
