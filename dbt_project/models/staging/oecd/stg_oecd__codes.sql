-- Dimensions of the flows in key order, and the codes of each.
with changes as (
    select * from {{ change_log('oecd', 'oecd_codelist') }}
),

final as (
    select
        'oecd_codelist' as dataset_id,
        dataflow as dataflow_id,
        dsd as structure_id,
        dimension as dimension_id,
        position as dimension_position,
        codelist as codelist_id,
        code,
        name as code_name,
        parent as parent_code,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
