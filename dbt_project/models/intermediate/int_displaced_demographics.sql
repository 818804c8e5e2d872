-- Displaced people by sex and age, as wide as UNHCR sends them. Null is what it does not report ("-").
with demographics_in_force as (
    {{ in_force(ref('stg_unhcr__demographics'), ['part', 'year', 'origin_code', 'asylum_code']) }}
),

demographics as (
    select
        *,
        asylum_code as destination_code,
        cast(null as varchar) as obs_status
    from demographics_in_force
),

final as (
    {{ under_country_keys('demographics', {'origin': 'unhcr_iso3', 'destination': 'unhcr_iso3'}) }}
)

select * from final
