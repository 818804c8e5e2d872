-- People displaced within their country, as the Internal Displacement Monitoring Centre counts them.
with changes as (
    select * from {{ change_log('unhcr', 'unhcr_idmc') }}
),

final as (
    select
        'unhcr_idmc' as dataset_id,
        year,
        coo as origin_unhcr_code,
        coo_iso as origin_code,
        coa as asylum_unhcr_code,
        coa_iso as asylum_code,
        total as persons,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
