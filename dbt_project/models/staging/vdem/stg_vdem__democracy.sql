-- Indices of democracy by country and year.
with changes as (
    select * from {{ change_log('vdem', 'vdem_democracy') }}
),

final as (
    select
        'vdem_democracy' as dataset_id,
        country_text_id as reference_area_code,
        year,
        v2x_libdem,
        v2x_libdem_codelow,
        v2x_libdem_codehigh,
        v2x_polyarchy,
        v2x_partipdem,
        v2x_delibdem,
        v2x_egaldem,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
