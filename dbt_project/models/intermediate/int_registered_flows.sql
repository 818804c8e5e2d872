-- Arrivals and departures of both sexes as countries register them, each once: where a table holds them by two
-- definitions of age, a reporter's year is taken by one of them, the same for both directions; completed years where
-- they cover as many directions as the age reached.
with flows as (
    select
        *,
        concept = 'citizenship' as is_by_citizenship
    from {{ ref('fct_migration_flow') }}
    where measure in ('inflow', 'outflow') and sex = 'T'
),

definitions as (
    select
        reporter_iso3,
        year,
        source_id,
        is_by_citizenship,
        age_definition,
        count(distinct case when persons is not null then measure end) as n_directions
    from flows
    where age_definition is not null
    group by reporter_iso3, year, source_id, is_by_citizenship, age_definition
),

ranked as (
    select
        *,
        row_number() over (
            partition by reporter_iso3, year, source_id, is_by_citizenship
            order by n_directions desc, age_definition asc
        ) as preference
    from definitions
),

final as (
    select flows.*
    from flows
    left join ranked
        on
            flows.reporter_iso3 = ranked.reporter_iso3
            and flows.year = ranked.year
            and flows.source_id = ranked.source_id
            and flows.is_by_citizenship = ranked.is_by_citizenship
            and flows.age_definition = ranked.age_definition
    where flows.age_definition is null or ranked.preference = 1
)

select * from final
