-- One survey by two tables of Eurostat: the country rows of the table of regions are those of the table of countries.
-- Shares are rounded to a tenth of a point.
{%- set tolerance_pp = 0.11 %}

with countries as (
    select * from {{ ref('fct_attainment') }}
    where dataset_id = 'eurostat_edat_lfse_03' and age_group = '25-64'
),

other_table as (
    select * from {{ ref('fct_attainment') }}
    where dataset_id = 'eurostat_edat_lfse_04'
),

final as (
    select
        countries.iso3,
        countries.year,
        countries.sex,
        countries.education,
        countries.value,
        other_table.value as other_value
    from countries
    inner join other_table
        on
            countries.iso3 = other_table.iso3
            and countries.year = other_table.year
            and countries.sex = other_table.sex
            and countries.education = other_table.education
            and countries.age_group = other_table.age_group
    where abs(countries.value - other_table.value) > {{ tolerance_pp }}
)

select * from final
