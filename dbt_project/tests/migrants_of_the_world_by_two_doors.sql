-- The World Bank takes its migrant stock (SM.POP.TOTL) over from an edition of UN DESA. Over the countries in both, a
-- year of it is within 5 % of the 2024 or of the 2020 edition: the two themselves are 2 % apart in 2020, and the
-- recorded figures of the World Bank rest on an edition of before 2013, up to 3.3 % away. Five per cent find a sum
-- with groups in it, which is twice as large.
{%- set tolerance = 0.05 %}

with world_bank as (
    select
        iso3,
        year,
        value as persons
    from {{ ref('fct_indicator_value') }}
    where indicator_code = 'SM.POP.TOTL' and value is not null
),

un_desa as (
    select
        dataset_id,
        destination_iso3 as iso3,
        year,
        persons
    from {{ ref('fct_migrant_stock_aggregate') }}
    where
        dataset_id in ('undesa_stock_by_destination', 'undesa_stock_by_destination_2020')
        and origin_iso3 = 'WLD' and sex = 'T' and persons is not null
        and destination_type in ('sovereign', 'territory', 'dissolved')
),

editions as (
    select
        un_desa.dataset_id,
        world_bank.year,
        count(*) as n_countries,
        sum(world_bank.persons) as persons_world_bank,
        sum(un_desa.persons) as persons_un_desa
    from world_bank
    inner join un_desa
        on
            world_bank.iso3 = un_desa.iso3
            and world_bank.year = un_desa.year
    group by un_desa.dataset_id, world_bank.year
),

final as (
    select
        year,
        min(abs(persons_world_bank / persons_un_desa - 1)) as smallest_gap
    from editions
    group by year
    having min(abs(persons_world_bank / persons_un_desa - 1)) > {{ tolerance }}
)

select * from final
