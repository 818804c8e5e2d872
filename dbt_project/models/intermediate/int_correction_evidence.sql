-- Rows in force that still show a declared error, for errors that can be seen once loaded. One select per correction:
-- how many rows of it are in force, and how many of those show the error.
with iab_rates as (
    {{ in_force(ref('stg_iab__emigration_rates'), ['part', 'origin_code', 'sex', 'year']) }}
),

knomad_inflow as (
    {{ in_force(ref('stg_knomad__remittance_inflow'), ['part', 'indicator_code', 'receiving_country_code', 'year']) }}
),

country_codes as (
    select * from {{ ref('country_code') }}
),

code_corrections as (
    select * from {{ ref('correction') }}
    where handled_by = 'bridge'
),

-- The code is wrong as long as the name on the row is that of the country the correction reads it as.
swapped_codes as (
    select
        code_corrections.correction_id,
        count(iab_rates.origin_code) as n_rows_in_force,
        count(case when named.iso3 = code_corrections.corrected_iso3 then 1 end) as n_rows_in_error
    from code_corrections
    left join iab_rates
        on
            code_corrections.dataset_id = iab_rates.dataset_id
            and code_corrections.source_code = iab_rates.origin_code
    left join country_codes as named
        on
            code_corrections.code_system = named.code_system
            and iab_rates.origin_name = named.source_code
    group by code_corrections.correction_id
),

iran as (
    select
        'knomad_iran_zero' as correction_id,
        count(*) as n_rows_in_force,
        count(case when knomad_inflow.remittances_usd = 0 then 1 end) as n_rows_in_error
    from knomad_inflow
    inner join country_codes
        on
            country_codes.code_system = 'knomad_area'
            and knomad_inflow.receiving_country_code = country_codes.source_code
    where country_codes.iso3 = 'IRN'
),

final as (
    select * from swapped_codes
    union all
    select * from iran
)

select * from final
