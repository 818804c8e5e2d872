with sources as (
    select * from {{ source('catalog', 'sources') }}
),

final as (
    select
        source_id,
        publisher,
        title as source_title,
        homepage,
        licence,
        licence_url,
        is_commercial_use_allowed,
        is_redistributable,
        is_share_alike,
        is_attribution_required
    from sources
)

select * from final
