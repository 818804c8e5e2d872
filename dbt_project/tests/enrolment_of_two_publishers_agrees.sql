-- One concept by two doors: the World Bank's tertiary enrolment is UNESCO's, of an edition that may be a year older. A
-- country-year that both have is within 2 % of each other, but for one in ten that was corrected between.
with enrolment as (
    select
        iso3,
        year,
        max(case when indicator_code = '25053' then value end) as of_unesco,
        max(case when indicator_code = 'SE.TER.ENRL' then value end) as of_world_bank
    from {{ ref('fct_indicator_value') }}
    where indicator_code in ('25053', 'SE.TER.ENRL')
    group by iso3, year
),

final as (
    select
        count(*) as n_countries,
        count(case when abs(of_unesco - of_world_bank) > 0.02 * of_world_bank then 1 end) as n_apart
    from enrolment
    where of_unesco is not null and of_world_bank is not null
    having count(case when abs(of_unesco - of_world_bank) > 0.02 * of_world_bank then 1 end) > 0.1 * count(*)
)

select * from final
