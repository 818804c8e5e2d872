-- Refugees, asylum-seekers, displaced and stateless people by origin and asylum at the end of each year.
with changes as (
    select * from {{ change_log('unhcr', 'unhcr_population') }}
),

final as (
    select
        'unhcr_population' as dataset_id,
        year,
        coo as origin_unhcr_code,
        coo_iso as origin_code,
        coa as asylum_unhcr_code,
        coa_iso as asylum_code,
        refugees,
        asylum_seekers,
        returned_refugees,
        idps,
        returned_idps,
        stateless,
        ooc as others_of_concern,
        oip as others_in_need_of_protection,
        hst as host_community,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
