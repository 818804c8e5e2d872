-- The authors' rate against their own counts: emigrants over emigrants and residents. They print rates to fewer digits
-- than a division gives; more than a thousandth is another denominator.
{%- set tolerance = 0.001 %}

with counts as (
    select
        origin_iso3,
        year,
        sex,
        education,
        method_id,
        max(case when measure = 'emigrants' then value end) as emigrants,
        max(case when measure = 'residents' then value end) as residents,
        max(case when measure = 'rate' then value end) as rate
    from {{ ref('fct_skilled_emigration') }}
    group by origin_iso3, year, sex, education, method_id
),

final as (
    select * from counts
    where abs(rate - emigrants / nullif(emigrants + residents, 0)) > {{ tolerance }}
)

select * from final
