-- One concept by two doors: KNOMAD's country totals are the World Bank's, of the vintage of KNOMAD's last brief, so a
-- country-year that both have differs by less than 2 % unless the World Bank revised it since. Revisions reach the
-- newest years of a part of the countries; a year in which more than a quarter of them is apart has lost its unit, its
-- year or its countries.
{%- set tolerance = 0.02 %}
{%- set revised_share = 0.25 %}

with knomad as (
    select
        case dataset_id
            when 'knomad_remittance_inflow' then 'BX.TRF.PWKR.CD.DT'
            when 'knomad_remittance_outflow' then 'BM.TRF.PWKR.CD.DT'
        end as indicator_code,
        case when sending_iso3 = 'WLD' then receiving_iso3 else sending_iso3 end as iso3,
        year,
        remittances_usd
    from {{ ref('fct_remittance_aggregate') }}
    where dataset_id in ('knomad_remittance_inflow', 'knomad_remittance_outflow')
),

world_bank as (
    select * from {{ ref('fct_indicator_value') }}
),

compared as (
    select
        knomad.indicator_code,
        knomad.year,
        count(*) as n_countries,
        count(
            case when abs(knomad.remittances_usd - world_bank.value) > {{ tolerance }} * world_bank.value then 1 end
        ) as n_apart
    from knomad
    inner join world_bank
        on
            knomad.indicator_code = world_bank.indicator_code
            and knomad.iso3 = world_bank.iso3
            and knomad.year = world_bank.year
    where knomad.remittances_usd is not null and world_bank.value is not null
    group by knomad.indicator_code, knomad.year
),

final as (
    select * from compared
    where n_apart > {{ revised_share }} * n_countries
)

select * from final
