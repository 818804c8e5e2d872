-- Publishers' services and their terms.
with sources as (
    select * from {{ ref('stg_catalog__sources') }}
),

final as (
    select
        source_id,
        publisher,
        source_title,
        homepage,
        licence,
        licence_url,
        is_commercial_use_allowed,
        is_redistributable,
        is_share_alike,
        is_attribution_required,
        is_redistributable as is_publishable,
        {{ release_columns() }}
    from sources
)

select * from final
