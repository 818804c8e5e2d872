{#
  Quarterly figures of a group put together to a year, from columns <measure> and <measure>_status. A year is the sum
  of four observed quarters and unknown otherwise; <measure>_missing then says how many were observed and why not all.
  Counts of jobs are whole numbers and earnings whole dollars, which floats add exactly. Beside them: how many quarters
  show every measure, and how many figures were suppressed, and how many distorted, for confidentiality.
#}
{% macro year_of_quarters(measures) -%}
    {% for measure in measures %}
        case when count({{ measure }}) = 4 then sum({{ measure }}) end as {{ measure }},
        case
            when count({{ measure }}) < 4
                then cast(count({{ measure }}) as varchar) || ' of 4 quarters observed'
                || coalesce(' (' || nullif({{ reasons_of_quarters(measure ~ '_status') }}, '') || ')', '')
        end as {{ measure }}_missing,
    {% endfor %}
    cast(count(
        case when {% for measure in measures %}{{ measure }} is not null{{ ' and ' if not loop.last }}{% endfor %} then 1 end
    ) as integer) as quarters_observed,
    cast(sum(
        {% for measure in measures %}case when {{ is_suppressed(measure ~ '_status') }} then 1 else 0 end{{ ' + ' if not loop.last }}{% endfor %}
    ) as integer) as suppressed_cells,
    cast(sum(
        {% for measure in measures %}case when {{ measure }}_status in ('7', '9', '12') then 1 else 0 end{{ ' + ' if not loop.last }}{% endfor %}
    ) as integer) as distorted_cells
{%- endmacro %}

{# Condition: the figure is withheld, itself (5) or because it is an aggregate of withheld cells (11). #}
{% macro is_suppressed(status) -%}
    {{ status }} in ('5', '11')
{%- endmacro %}

{# Why figures of a group are not there, each reason once. #}
{% macro reasons_of_quarters(status) -%}
    concat_ws(
        '; ',
        max(case when {{ is_suppressed(status) }} then 'suppressed' end),
        max(case when {{ status }} = '-1' then 'not yet computable' end),
        max(case when {{ status }} = '-2' then 'no data' end)
    )
{%- endmacro %}

{#
  What a row of annual figures says of itself, for columns <component> and <component>_missing: the wide sibling of
  component_provenance, for figures that the publisher sends side by side. `year` is the year of all of them.
#}
{% macro annual_provenance(components, year='year') -%}
    cast(
        {% for component in components %}case when {{ component }} is null then 0 else 1 end{{ ' + ' if not loop.last }}{% endfor %}
        as integer
    ) as n_components_present,
    cast({{ components | length }} as integer) as n_components_total,
    case
        when coalesce({% for component in components %}{{ component }}{{ ', ' if not loop.last }}{% endfor %}, null) is not null then {{ year }}
    end as oldest_component_year,
    nullif(concat_ws(
        '; '
        {%- for component in components %},
        case when {{ component }} is null then '{{ component }}: ' || coalesce({{ component }}_missing, 'no figure') end
        {%- endfor %}
    ), '') as missing_components
{%- endmacro %}
