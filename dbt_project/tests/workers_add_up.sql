-- People at work, of the ILO: major groups add up to all occupations, and places of birth to all people. Figures are
-- thousands with three decimals, so a sum may be off by half a person for each of its at most eleven parts.
{%- set parts_of = {'occupation': 'birth_place', 'birth_place': 'occupation'} %}

with figures as (
    select * from {{ ref('fct_employment_by_occupation') }}
),

final as (
    {% for part, other in parts_of.items() %}
        select
            '{{ part }}' as added_up,
            iso3,
            year,
            sex,
            {{ other }} as of_what,
            sum(case when {{ part }} <> 'total' then persons end) as sum_of_parts,
            max(case when {{ part }} = 'total' then persons end) as total
        from figures
        group by iso3, year, sex, {{ other }}
        having
            count(case when {{ part }} <> 'total' then persons end) > 1
            and abs(
                sum(case when {{ part }} <> 'total' then persons end)
                - max(case when {{ part }} = 'total' then persons end)
            ) > 6
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
