-- Each dataset with what its source allows: joined to every table that holds figures.
{{ config(materialized='view') }}

with datasets as (
    select * from {{ ref('stg_catalog__datasets') }}
),

sources as (
    select * from {{ ref('stg_catalog__sources') }}
),

final as (
    select
        datasets.dataset_id,
        datasets.dataset_title,
        -- tables of country by year, one part per indicator
        datasets.protocol in ('world_bank_indicator', 'world_bank_archive', 'uis') as holds_indicators,
        datasets.cadence,
        datasets.release_calendar,
        datasets.citation,
        sources.source_id,
        sources.publisher,
        sources.licence,
        sources.is_redistributable
    from datasets
    inner join sources
        on datasets.source_id = sources.source_id
)

select * from final
