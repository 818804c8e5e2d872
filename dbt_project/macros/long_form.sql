{#
  Figures that stand side by side in a publisher's row, one a row: the columns `keys`, then `measure` and the figure as
  `value_column`. What is not reported has no row; zero is a row.
#}
{% macro long_form(relation, keys, measures, value_column) -%}
    {% for measure in measures %}
        select
            {% for key in keys %}{{ key }}, {% endfor %}
            '{{ measure }}' as measure,
            {{ measure }} as {{ value_column }}
        from {{ relation }}
        where {{ measure }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}
