-- Remittances by sending and receiving country: pairs as modelled, and what each country receives from and pays to
-- the world. A nought of a country's total that the World Bank does not have as a nought was never reported (Iran is
-- a nought in every year): it is unknown here.
with inflow as (
    {{ in_force(ref('stg_knomad__remittance_inflow'), ['part', 'indicator_code', 'receiving_country_code', 'year']) }}
),

outflow as (
    {{ in_force(ref('stg_knomad__remittance_outflow'), ['part', 'indicator_code', 'sending_country_code', 'year']) }}
),

bilateral as (
    {{ in_force(
        ref('stg_knomad__remittance_bilateral'),
        ['part', 'indicator_code', 'sending_country_code', 'receiving_country_code', 'year']
    ) }}
),

-- The World Bank's totals under the dataset that they are compared with.
world_bank as (
    select
        case indicator_code
            when 'BX.TRF.PWKR.CD.DT' then 'knomad_remittance_inflow'
            when 'BM.TRF.PWKR.CD.DT' then 'knomad_remittance_outflow'
        end as dataset_id,
        iso3,
        year,
        value
    from {{ ref('fct_indicator_value') }}
    where indicator_code in ('BX.TRF.PWKR.CD.DT', 'BM.TRF.PWKR.CD.DT')
),

published_remittances as (
    {% for relation, sender, receiver in [
        ('inflow', "'WLD'", 'receiving_country_code'),
        ('outflow', 'sending_country_code', "'WLD'"),
        ('bilateral', 'sending_country_code', 'receiving_country_code'),
    ] %}
        select
            dataset_id,
            part,
            {{ sender }} as sending_code,
            {{ receiver }} as receiving_code,
            year,
            remittances_usd,
            obs_status,
            published,
            recorded_at,
            receipt
        from {{ relation }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

by_country as (
    {{ under_country_keys('published_remittances', {'sending': 'knomad_area', 'receiving': 'knomad_area'}) }}
),

compared as (
    select
        by_country.*,
        by_country.dataset_id in ('knomad_remittance_inflow', 'knomad_remittance_outflow')
        and by_country.remittances_usd = 0
        and coalesce(world_bank.value, 1) <> 0 as was_never_reported
    from by_country
    left join world_bank
        on
            by_country.dataset_id = world_bank.dataset_id
            and by_country.year = world_bank.year
            and case
                when by_country.sending_iso3 = 'WLD' then by_country.receiving_iso3 else by_country.sending_iso3
            end = world_bank.iso3
),

final as (
    select
        dataset_id,
        part,
        sending_code,
        receiving_code,
        sending_iso3,
        receiving_iso3,
        sending_type,
        receiving_type,
        year,
        case when not was_never_reported then remittances_usd end as remittances_usd,
        case
            when was_never_reported then 'not reported: a nought that the World Bank does not have'
            when remittances_usd is null then 'not reported'
        end as missing_reason,
        obs_status,
        published,
        recorded_at,
        receipt
    from compared
)

select * from final
