-- Migrant stock by sex, destination and origin, by census round from 1960 to 2000.
with changes as (
    select * from {{ change_log('gbmd', 'gbmd_bilateral') }}
),

final as (
    select
        'gbmd_bilateral' as dataset_id,
        case sex when 'Male' then 'M' when 'Female' then 'F' else sex end as sex,
        destcode as destination_code,
        origincode as origin_code,
        year,
        stock as persons,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
