-- Emigrants and residents of 25 and older by education and sex, 1990 and 2000.
with changes as (
    select * from {{ change_log('dlm', 'dlm_emigration') }}
),

final as (
    select
        'dlm_emigration' as dataset_id,
        iso3 as origin_code,
        year,
        case sex when 'total' then 'T' when 'men' then 'M' when 'women' then 'F' else sex end as sex,
        residents_low,
        residents_medium,
        residents_high,
        residents_total,
        emigrants_low,
        emigrants_medium,
        emigrants_high,
        emigrants_total,
        rate_low,
        rate_medium,
        rate_high,
        rate_total,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
