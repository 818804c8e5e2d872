-- Change log of the publisher's list of economies and aggregates.
with changes as (
    select * from {{ change_log('world_bank', 'wb_country') }}
),

final as (
    select
        'wb_country' as dataset_id,
        id as source_code,
        iso2_code,
        trim(name) as published_name,
        region_id,
        -- two region names of the list end in a blank
        trim(region_name) as region_name,
        income_level_id,
        income_level_name,
        lending_type_id,
        capital_city,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
