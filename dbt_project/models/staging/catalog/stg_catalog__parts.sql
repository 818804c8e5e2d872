with parts as (
    select * from {{ source('catalog', 'indicators') }}
),

final as (
    select
        indicator_code as part,
        dataset_id,
        source_id,
        title as part_title,
        unit,
        concepts,
        direction,
        method_id,
        estimate_kind,
        successor_code,
        valid_min,
        valid_max,
        bounds_reason
    from parts
)

select * from final
