-- Emigration rates to 20 OECD destinations by skill and sex; the denominator is residents and migrants.
with changes as (
    select * from {{ change_log('iab', 'iab_emigration_rates') }}
),

final as (
    select
        'iab_emigration_rates' as dataset_id,
        origin as origin_name,
        ccode_origin as origin_code,
        case gender when 'Male and Female' then 'T' when 'Male' then 'M' when 'Female' then 'F' else gender end as sex,
        year,
        tot_rate as rate_total,
        low_rate as rate_low,
        med_rate as rate_medium,
        high_rate as rate_high,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
