-- Which states came out of which; figures are never allocated from one to the other.
with successions as (
    select * from {{ ref('country_succession') }}
),

final as (
    select
        predecessor_iso3,
        successor_iso3,
        succeeded_on,
        succession_kind,
        allocation_share,
        {{ release_columns() }}
    from successions
)

select * from final
