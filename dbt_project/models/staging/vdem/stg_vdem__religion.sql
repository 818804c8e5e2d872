-- Freedom of religion by country and year.
with changes as (
    select * from {{ change_log('vdem', 'vdem_religion') }}
),

final as (
    select
        'vdem_religion' as dataset_id,
        country_text_id as reference_area_code,
        year,
        v2clrelig,
        v2clrelig_codelow,
        v2clrelig_codehigh,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
