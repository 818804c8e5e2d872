-- Returns, resettlement and naturalisation of refugees during the year.
with changes as (
    select * from {{ change_log('unhcr', 'unhcr_solutions') }}
),

final as (
    select
        'unhcr_solutions' as dataset_id,
        year,
        coo as origin_unhcr_code,
        coo_iso as origin_code,
        coa as asylum_unhcr_code,
        coa_iso as asylum_code,
        resettlement,
        returned_refugees,
        naturalisation,
        returned_idps,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
