-- A move between two countries has two sides, and the publisher shows both or none (where fewer than 50 moved). That
-- the two rates differ in size is no fault: each is per 10,000 of its own members. But one side's gain is the other's
-- loss, so the signs never agree.
with pairs as (
    select * from {{ ref('fct_talent_net') }}
    where dimension = 'country'
),

both_sides as (
    select
        pairs.iso3,
        pairs.partner_iso3,
        pairs.year,
        pairs.net_per_10000,
        reversed.net_per_10000 as reverse_net_per_10000
    from pairs
    left join pairs as reversed
        on
            pairs.iso3 = reversed.partner_iso3
            and pairs.partner_iso3 = reversed.iso3
            and pairs.year = reversed.year
),

final as (
    select *
    from both_sides
    where reverse_net_per_10000 is null or (net_per_10000 * reverse_net_per_10000 > 0)
)

select * from final
