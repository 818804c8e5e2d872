{# Schemas are named as written (`marts`, not `main_marts`): the file is the environment. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name is not none else target.schema }}
{%- endmacro %}
