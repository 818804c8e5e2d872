{# The two columns every mart ends with: which release the row belongs to, and whether its figures are real. #}
{% macro release_columns() -%}
    cast({{ dbt.string_literal(dbt.escape_single_quotes(var('release_id') | string)) }} as varchar) as release_id,
    cast({{ var('is_synthetic') }} as boolean) as is_synthetic
{%- endmacro %}
