-- Scholars by country, and how many came and left.
with changes as (
    select * from {{ change_log('mpidr', 'mpidr_scholars') }}
),

final as (
    select
        'mpidr_scholars' as dataset_id,
        countrycode as reference_area_code,
        year,
        padded_population_of_researchers as scholars,
        number_of_inmigrations as inmigrations,
        number_of_outmigrations as outmigrations,
        netmigration as net_migration,
        outmigrationrate as outmigration_rate,
        inmigrationrate as inmigration_rate,
        netmigrationrate as net_migration_rate,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
