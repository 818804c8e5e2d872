-- Do people born abroad get skilled jobs as people born in the country do? Occupations of all levels of education.
{%- set births = ['native', 'foreign'] %}
{%- set groups = {'skilled': ['1', '2', '3'], 'elementary': ['9'], 'not_classified': ['unknown'], 'all': ['total']} %}
{%- set components = [] %}
{%- for birth_place in births %}
    {%- for group in ['all', 'skilled', 'elementary'] %}
        {%- set _ = components.append('workers_' ~ group ~ '_' ~ birth_place) %}
    {%- endfor %}
{%- endfor %}

with workers as (
    select * from {{ ref('fct_employment_by_occupation') }}
    where birth_place in ('native', 'foreign')
),

-- A major group that is missing may be empty or withheld: a sum over missing ones is not known.
grouped as (
    {% for group, occupations in groups.items() %}
        select
            iso3,
            year,
            sex,
            birth_place,
            '{{ group }}' as occupation_group,
            sum(persons) as persons,
            max(case when upper(obs_status) like '%U%' then 1 else 0 end) as n_unreliable,
            min(estimate_kind) as estimate_kind,
            min(source_id) as source_id,
            min(licence) as licence,
            min(case when is_publishable then 1 else 0 end) = 1 as is_publishable,
            max(recorded_at) as recorded_at
        from workers
        where
            occupation in (
                {% for occupation in occupations %}
                    '{{ occupation }}'{{ ',' if not loop.last }}
                {% endfor %}
            )
        group by iso3, year, sex, birth_place
        having count(persons) = {{ occupations | length }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

components as (
    select
        grouped.iso3,
        grouped.year,
        grouped.sex,
        'workers_' || grouped.occupation_group || '_' || grouped.birth_place as component,
        -- shares are of those whose occupation is known
        case
            when grouped.occupation_group = 'all' then grouped.persons - coalesce(not_classified.persons, 0)
            else grouped.persons
        end as value,
        grouped.year as component_year,
        cast(null as varchar) as missing_reason,
        grouped.n_unreliable,
        grouped.estimate_kind,
        grouped.source_id,
        grouped.licence,
        grouped.is_publishable,
        grouped.recorded_at
    from grouped
    left join grouped as not_classified
        on
            grouped.iso3 = not_classified.iso3
            and grouped.year = not_classified.year
            and grouped.sex = not_classified.sex
            and grouped.birth_place = not_classified.birth_place
            and not_classified.occupation_group = 'not_classified'
    where grouped.occupation_group <> 'not_classified'
),

side_by_side as (
    select
        iso3,
        year,
        sex,
        {{ component_values(components) }},
        max(n_unreliable) = 1 as is_unreliable,
        {{ component_provenance(components) }}
    from components
    group by iso3, year, sex
),

final as (
    select
        iso3,
        year,
        sex,
        workers_all_native as workers_native_persons,
        workers_all_foreign as workers_foreign_persons,
        {{ share('workers_all_foreign', 'workers_all_native + workers_all_foreign') }} as foreign_share,
        {% for group in ['skilled', 'elementary'] %}
            {% for birth_place in births %}
                {{ share('workers_' ~ group ~ '_' ~ birth_place, 'workers_all_' ~ birth_place) }}
                    as {{ group }}_share_{{ birth_place }},
            {% endfor %}
            100 * (
                {{ share('workers_' ~ group ~ '_foreign', 'workers_all_foreign') }}
                - {{ share('workers_' ~ group ~ '_native', 'workers_all_native') }}
            ) as {{ group }}_gap_pp,
        {% endfor %}
        is_unreliable,
        {{ mart_tail() }}
    from side_by_side
)

select * from final
