-- Everybody who moved in (or out) is in two tables of Eurostat: by citizenship, and by previous (or next) residence.
-- Their totals of a year, over the reporters that are in both, are the same people; rounding and late corrections of
-- one of the two stay within one per cent.
{%- set tolerance = 0.01 %}

with totals as (
    select
        reporter_iso3,
        year,
        measure,
        age_definition,
        max(case when concept = 'citizenship' then persons end) as by_citizenship,
        max(case when concept <> 'citizenship' then persons end) as by_residence
    from {{ ref('fct_migration_flow_aggregate') }}
    where
        source_id = 'eurostat' and sex = 'T' and partner_iso3 = 'WLD'
        and reporter_type in ('sovereign', 'territory', 'dissolved')
    group by reporter_iso3, year, measure, age_definition
),

final as (
    select
        year,
        measure,
        age_definition,
        sum(by_citizenship) as by_citizenship,
        sum(by_residence) as by_residence
    from totals
    where by_citizenship is not null and by_residence is not null
    group by year, measure, age_definition
    having abs(sum(by_citizenship) - sum(by_residence)) > {{ tolerance }} * sum(by_residence)
)

select * from final
