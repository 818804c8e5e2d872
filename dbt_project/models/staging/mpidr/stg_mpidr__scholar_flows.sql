-- Scholars who moved, by pair of countries.
with changes as (
    select * from {{ change_log('mpidr', 'mpidr_scholar_flows') }}
),

final as (
    select
        'mpidr_scholar_flows' as dataset_id,
        iso3codefrom as origin_code,
        iso3codeto as destination_code,
        year,
        n_migrations as migrations,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
