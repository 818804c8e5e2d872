-- Remittances paid by country and year.
with changes as (
    select * from {{ change_log('knomad', 'knomad_remittance_outflow') }}
),

final as (
    select
        'knomad_remittance_outflow' as dataset_id,
        indicator as indicator_code,
        ref_area as sending_country_code,
        time_period as year,
        obs_value * 1000000 as remittances_usd,
        obs_status as obs_status,
        freq as frequency,
        unit_measure as unit,
        unit_mult as unit_multiplier,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
