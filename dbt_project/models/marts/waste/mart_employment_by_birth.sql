-- Do people born abroad find work as people born in the country do, by sex and education?
{%- set measures = ['employment_rate', 'participation_rate', 'unemployment_rate'] %}
{%- set components = [] %}
{%- for measure in measures %}
    {%- for birth_place in ['native', 'foreign'] %}
        {%- set _ = components.append(measure ~ '_' ~ birth_place) %}
    {%- endfor %}
{%- endfor %}

with rates as (
    select * from {{ ref('fct_employment_by_birth') }}
),

components as (
    select
        iso3,
        year,
        sex,
        education,
        age_group,
        dataset_id,
        measure || '_' || birth_place as component,
        rate_pct / 100 as value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        obs_status,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from rates
    where birth_place in ('native', 'foreign')
),

side_by_side as (
    select
        iso3,
        year,
        sex,
        education,
        age_group,
        dataset_id,
        {{ component_values(components) }},
        max(case when upper(obs_status) like '%U%' then 1 else 0 end) = 1 as is_unreliable,
        {{ component_provenance(components) }}
    from components
    group by iso3, year, sex, education, age_group, dataset_id
),

final as (
    select
        iso3,
        year,
        sex,
        education,
        dataset_id,
        age_group,
        {% for measure in measures %}
            {{ measure }}_native,
            {{ measure }}_foreign,
            100 * ({{ measure }}_foreign - {{ measure }}_native) as {{ measure }}_gap_pp,
        {% endfor %}
        is_unreliable,
        {{ mart_tail() }}
    from side_by_side
    where n_components_present > 0
)

select * from final
