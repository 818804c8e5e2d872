{# Comment of a table; says SYNTHETIC first where the figures are, since a BI tool shows nothing else. #}
{% macro duckdb__alter_relation_comment(relation, relation_comment) -%}
    {%- set label = 'SYNTHETIC figures of the sandbox, of no real country. ' if var('is_synthetic') else '' -%}
    comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(label ~ relation_comment) }};
{%- endmacro %}
