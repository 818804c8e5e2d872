-- Migrants by origin add up to all migrants, which stand elsewhere: in another workbook (UN DESA, half a per cent for
-- rounding), in a printed row (IAB, exact but for rounding), in a row W (OECD, where up to 15 % of nationalities are
-- not told, of reporters that tell at least fifty). A total that slipped in among origins, or an origin lost, breaks
-- it.
{%- set fewest_nationalities = 50 %}

with by_origin as (
    select
        origin_iso3,
        destination_iso3,
        year,
        sex,
        dataset_id,
        persons
    from {{ ref('fct_migrant_stock') }}
    union all
    select
        origin_iso3,
        destination_iso3,
        year,
        sex,
        dataset_id,
        persons
    from {{ ref('fct_migrant_stock_aggregate') }}
    where
        origin_type in ('residual', 'natives')
        and destination_type in ('sovereign', 'territory', 'dissolved')
),

added_up as (
    select
        case dataset_id
            when 'undesa_stock_by_destination_and_origin' then 'undesa'
            when 'iab_bilateral_stock' then 'iab'
            when 'oecd_mig' then 'oecd'
            when 'oecd_mig_popf' then 'oecd'
        end as kind,
        case dataset_id
            when 'undesa_stock_by_destination_and_origin' then 'undesa_stock_by_destination' else dataset_id
        end as dataset_of_total,
        destination_iso3,
        year,
        sex,
        count(*) as n_origins,
        sum(persons) as persons
    from by_origin
    where
        dataset_id in (
            'undesa_stock_by_destination_and_origin', 'iab_bilateral_stock', 'oecd_mig', 'oecd_mig_popf'
        )
    group by dataset_id, destination_iso3, year, sex
),

totals as (
    select
        dataset_id,
        destination_iso3,
        year,
        sex,
        persons
    from {{ ref('fct_migrant_stock_aggregate') }}
    where origin_iso3 = 'WLD'
),

compared as (
    select
        added_up.*,
        totals.persons as total
    from added_up
    inner join totals
        on
            added_up.dataset_of_total = totals.dataset_id
            and added_up.destination_iso3 = totals.destination_iso3
            and added_up.year = totals.year
            and added_up.sex = totals.sex
    where totals.persons > 0
),

final as (
    select *
    from compared
    where
        (kind <> 'oecd' or n_origins >= {{ fewest_nationalities }})
        and persons not between
        total * case kind when 'undesa' then 0.995 when 'iab' then 0.99999 else 0.85 end - 1
        and total * case kind when 'undesa' then 1.005 when 'iab' then 1.00001 else 1.01 end + 1
)

select * from final
