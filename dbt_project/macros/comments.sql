{# Comment of a table; says SYNTHETIC first where the figures are, since a BI tool shows nothing else. #}
{% macro duckdb__alter_relation_comment(relation, relation_comment) -%}
    {%- set label = 'SYNTHETIC figures of the sandbox, of no real country. ' if var('is_synthetic') else '' -%}
    comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(label ~ relation_comment) }};
{%- endmacro %}

{# Comments of columns. One that is described and is not there stops the build. #}
{% macro duckdb__alter_column_comment(relation, column_dict) -%}
    {%- for column in column_dict.values() if column.description -%}
        comment on column {{ relation }}.{{ column.name }} is {{ duckdb_escape_comment(column.description) }};
    {% endfor -%}
{%- endmacro %}
