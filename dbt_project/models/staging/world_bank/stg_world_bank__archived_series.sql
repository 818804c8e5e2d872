-- Change log of the series read from the archive of old editions, in the spelling of the edition.
with changes as (
    select * from {{ change_log('world_bank', 'wb_archive') }}
),

final as (
    select
        'wb_archive' as dataset_id,
        series_id as indicator_code,
        series_name as indicator_name,
        country_id as source_code,
        cast(year as integer) as year,
        version_id,
        value,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
