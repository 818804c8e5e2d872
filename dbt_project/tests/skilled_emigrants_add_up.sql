-- Parts and wholes of the authors' counts: the three educations are everybody, and women and men both sexes. Rounded
-- cells may miss a person each, and a thousandth.
{%- set share_missed = 0.001 %}
{%- set persons_missed = 3 %}

with counts as (
    select * from {{ ref('fct_skilled_emigration') }}
    where measure <> 'rate'
),

by_education as (
    select
        origin_iso3,
        year,
        method_id,
        measure,
        sex as whole,
        sum(case when education <> 'total' then value end) as added_up,
        sum(case when education = 'total' then value end) as counted
    from counts
    group by origin_iso3, year, method_id, measure, sex
),

by_sex as (
    select
        origin_iso3,
        year,
        method_id,
        measure,
        education as whole,
        sum(case when sex in ('F', 'M') then value end) as added_up,
        sum(case when sex = 'T' then value end) as counted
    from counts
    group by origin_iso3, year, method_id, measure, education
),

compared as (
    select * from by_education
    union all
    select * from by_sex
),

final as (
    select * from compared
    where abs(added_up - counted) > {{ persons_missed }} + {{ share_missed }} * counted
)

select * from final
