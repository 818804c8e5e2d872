-- Every row of the IAB's rates stands under the country it names: the code, as the bridge reads it, and the name agree.
-- Fails when the authors put the two Guineas right, and when any other code is on the wrong rows.
with rates as (
    {{ in_force(ref('stg_iab__emigration_rates'), ['part', 'origin_code', 'sex', 'year']) }}
),

country_codes as (
    select * from {{ ref('country_code') }}
    where code_system = 'iab'
),

final as (
    select distinct
        rates.origin_code,
        rates.origin_name,
        codes.iso3 as iso3_by_code,
        named.iso3 as iso3_by_name
    from rates
    left join country_codes as codes
        on rates.origin_code = codes.source_code
    left join country_codes as named
        on rates.origin_name = named.source_code
    where codes.iso3 is null or named.iso3 is null or codes.iso3 <> named.iso3
)

select * from final
