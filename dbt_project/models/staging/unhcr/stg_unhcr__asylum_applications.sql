-- Asylum applications during the year; persons and cases are never added.
with changes as (
    select * from {{ change_log('unhcr', 'unhcr_asylum_applications') }}
),

final as (
    select
        'unhcr_asylum_applications' as dataset_id,
        year,
        coo as origin_unhcr_code,
        coo_iso as origin_code,
        coa as asylum_unhcr_code,
        coa_iso as asylum_code,
        procedure_type,
        app_type as application_type,
        dec_level as decision_level,
        app_pc as counted_in,
        applied as applications,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
