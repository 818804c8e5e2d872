-- Women and men of a pair are both sexes together, to the person and the rounding of one: UN DESA and IAB tell all
-- three. The OECD tells women and both, and women are no more than both.
with stocks as (
    select
        dataset_id,
        origin_iso3,
        destination_iso3,
        year,
        persons,
        sex
    from {{ ref('fct_migrant_stock') }}
    where dataset_id <> 'gbmd_bilateral'
    union all
    select
        dataset_id,
        origin_code as origin_iso3,
        destination_code as destination_iso3,
        year,
        persons,
        sex
    from {{ ref('fct_migrant_stock_aggregate') }}
    where dataset_id <> 'gbmd_bilateral'
),

by_sex as (
    select
        dataset_id,
        origin_iso3,
        destination_iso3,
        year,
        max(case when sex = 'T' then persons end) as both_sexes,
        max(case when sex = 'F' then persons end) as women,
        max(case when sex = 'M' then persons end) as men
    from stocks
    group by dataset_id, origin_iso3, destination_iso3, year
),

final as (
    select *
    from by_sex
    where
        abs(women + men - both_sexes) > 1
        or women > both_sexes + 1
)

select * from final
