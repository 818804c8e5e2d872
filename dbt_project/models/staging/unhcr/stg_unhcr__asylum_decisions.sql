-- Asylum decisions during the year; persons and cases are never added.
with changes as (
    select * from {{ change_log('unhcr', 'unhcr_asylum_decisions') }}
),

final as (
    select
        'unhcr_asylum_decisions' as dataset_id,
        year,
        coo as origin_unhcr_code,
        coo_iso as origin_code,
        coa as asylum_unhcr_code,
        coa_iso as asylum_code,
        procedure_type,
        dec_level as decision_level,
        dec_pc as counted_in,
        dec_total as decisions,
        dec_recognized as recognised,
        dec_other as otherwise_protected,
        dec_rejected as rejected,
        dec_closed as closed,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
