-- Counts of the United Nations' list, apart from its days: 24 states when it began in 1971 (Sikkim, on it too, has no
-- key), 50 at its longest from 2003 on, 44 since the graduation of December 2024.
{%- set counts = {1971: 24, 2003: 50, 2008: 49, 2013: 49, 2019: 47, 2024: 44} %}

with members as (
    select * from {{ ref('bridge_country_group') }}
    where group_code = 'LDC'
),

counted as (
    {% for year, expected in counts.items() %}
        select
            {{ year }} as year,
            {{ expected }} as expected,
            count(*) as n_members
        from members
        where
            extract(year from valid_from) <= {{ year }}
            and coalesce(valid_to > cast('{{ year }}-12-31' as date), true)
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select * from counted
    where n_members <> expected
)

select * from final
