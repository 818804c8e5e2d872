-- Migrant stock by sex, destination and origin, edition of 2024.
with changes as (
    select * from {{ change_log('un_desa', 'undesa_stock_by_destination_and_origin') }}
),

final as (
    select
        'undesa_stock_by_destination_and_origin' as dataset_id,
        destination_code,
        origin_code,
        data_type,
        case sex when 'both sexes combined' then 'T' when 'males' then 'M' when 'females' then 'F' else sex end as sex,
        year,
        persons,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
