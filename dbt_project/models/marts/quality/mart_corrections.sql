-- Which errors of publishers are known, how each is handled, and whether the data in force still show it.
with corrections as (
    select * from {{ ref('correction') }}
),

evidence as (
    select * from {{ ref('int_correction_evidence') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

final as (
    select
        corrections.correction_id,
        corrections.dataset_id,
        datasets.dataset_title,
        corrections.what,
        corrections.where_found,
        corrections.since,
        corrections.reason,
        corrections.provider_status,
        corrections.handled_by,
        corrections.handled_where,
        corrections.code_system,
        corrections.source_code,
        corrections.corrected_iso3,
        corrections.expires_when,
        case
            when evidence.correction_id is null then 'not_seen_once_loaded'
            when evidence.n_rows_in_force = 0 then 'not_loaded'
            when evidence.n_rows_in_error = 0 then 'expired'
            else 'needed'
        end as status,
        evidence.n_rows_in_force,
        evidence.n_rows_in_error,
        datasets.source_id,
        datasets.licence,
        datasets.is_redistributable as is_publishable,
        {{ release_columns() }}
    from corrections
    inner join datasets
        on corrections.dataset_id = datasets.dataset_id
    left join evidence
        on corrections.correction_id = evidence.correction_id
)

select * from final
