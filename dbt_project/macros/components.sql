{#
  Marts that put figures of many datasets side by side are made from components in long form: the columns of the
  key, then component, value, component_year, missing_reason, estimate_kind, source_id, licence, is_publishable,
  recorded_at. A component that is known to be missing is a row without value and with its reason.
#}

{# One column per component: its figure in the group, as a double. #}
{% macro component_values(components) -%}
    {% for component in components %}
        max(case when component = '{{ component }}' then value end) as {{ component }}
        {{- ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{# What a group of components says of itself; `mart_tail` puts it at the end of the mart. #}
{% macro component_provenance(components) -%}
    cast(count(distinct case when value is not null then component end) as integer) as n_components_present,
    cast({{ components | length }} as integer) as n_components_total,
    cast(min(case when value is not null then component_year end) as integer) as oldest_component_year,
    nullif(concat_ws(
        '; '
        {%- for component in components %},
        case
            when max(case when component = '{{ component }}' then value end) is null
                then '{{ component }}: '
                || coalesce(max(case when component = '{{ component }}' then missing_reason end), 'no figure')
        end
        {%- endfor %}
    ), '') as missing_components,
    {{ provenance_of_group('value is not null') }}
{%- endmacro %}

{# Licence, sources, vintage and kind of the figures of a group; `condition` says which rows hold a figure. #}
{% macro provenance_of_group(condition='true') -%}
    {{ joined_parts('case when ' ~ condition ~ ' then estimate_kind end') }} as estimate_kind,
    {{ joined_parts('case when ' ~ condition ~ ' then source_id end') }} as source_ids,
    {{ joined_parts('case when ' ~ condition ~ ' then licence end') }} as licence,
    coalesce(min(case when {{ condition }} and not is_publishable then 0 else 1 end), 1) = 1 as is_publishable,
    cast(max(case when {{ condition }} then recorded_at end) as date) as vintage_max
{%- endmacro %}

{# The columns every mart ends with, as component_provenance gave them; `row` is their relation where there are several. #}
{% macro mart_tail(row=none) -%}
    {%- set prefix = row ~ '.' if row else '' -%}
    {%- for column in [
        'n_components_present', 'n_components_total', 'oldest_component_year', 'missing_components', 'estimate_kind',
        'source_ids', 'licence', 'is_publishable', 'vintage_max'
    ] %}
        {{ prefix }}{{ column }},
    {%- endfor %}
    {{ release_columns() }}
{%- endmacro %}
