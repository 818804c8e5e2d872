-- Migrants of all ages in 20 OECD destinations by origin and sex; the printed total stands among the origins.
with changes as (
    select * from {{ change_log('iab', 'iab_bilateral_stock') }}
),

final as (
    select
        'iab_bilateral_stock' as dataset_id,
        destination as destination_code,
        basis,
        origin as origin_code,
        year,
        case sex when 'Total' then 'T' when 'M-Total' then 'M' when 'F-Total' then 'F' else sex end as sex,
        persons,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
