-- A rate of a whole lies between the rates of its parts: of all between those of natives and foreigners, of foreigners
-- between those of other EU members and the rest. Rates are rounded to 0.1, and people who did not answer are in the
-- whole only, hence a tolerance of 0.2 points.
{%- set wholes = {'total': ['native', 'foreign'], 'foreign': ['eu', 'non_eu']} %}

with rates as (
    select
        iso3,
        year,
        sex,
        age_group,
        basis,
        max(case when origin_group = 'total' then rate_pct end) as total_pct,
        max(case when origin_group in ('nationals', 'native_born') then rate_pct end) as native_pct,
        max(case when origin_group = 'foreign' then rate_pct end) as foreign_pct,
        max(case when origin_group = 'eu' then rate_pct end) as eu_pct,
        max(case when origin_group = 'non_eu' then rate_pct end) as non_eu_pct
    from (
        select * from {{ ref('fct_overqualification') }}
        union all
        select * from {{ ref('fct_overqualification_aggregate') }}
    ) as of_countries_and_groups
    group by iso3, year, sex, age_group, basis
),

final as (
    {% for whole, parts in wholes.items() %}
        select
            '{{ whole }}' as whole,
            *
        from rates
        where
            {{ parts[0] }}_pct is not null
            and {{ parts[1] }}_pct is not null
            and {{ whole }}_pct not between
            least({{ parts[0] }}_pct, {{ parts[1] }}_pct) - 0.2
            and greatest({{ parts[0] }}_pct, {{ parts[1] }}_pct) + 0.2
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
