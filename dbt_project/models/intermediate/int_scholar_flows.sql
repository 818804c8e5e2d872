-- Moves of scholars between countries by year.
with flows as (
    {{ in_force(ref('stg_mpidr__scholar_flows'), ['part', 'origin_code', 'destination_code', 'year']) }}
),

moves as (
    select
        dataset_id,
        part,
        origin_code,
        destination_code,
        year,
        'mpidr_scopus' as database,
        migrations as moves,
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from flows
),

final as (
    {{ under_country_keys('moves', {'origin': 'mpidr_iso3', 'destination': 'mpidr_iso3'}) }}
)

select * from final
