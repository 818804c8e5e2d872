with datasets as (
    select * from {{ source('catalog', 'datasets') }}
),

final as (
    select
        dataset_id,
        source_id,
        title as dataset_title,
        description as dataset_description,
        protocol,
        endpoint,
        cadence,
        release_calendar,
        citation
    from datasets
)

select * from final
