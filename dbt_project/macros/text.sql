{# Text made of the distinct values of a group, in order, parted by '; '; nulls are left out. #}
{% macro joined_values(expression) -%}
    {{ return(adapter.dispatch('joined_values', 'braindrain')(expression)) }}
{%- endmacro %}

{% macro default__joined_values(expression) -%}
    array_join(array_sort(collect_set({{ expression }})), '; ')
{%- endmacro %}

{% macro duckdb__joined_values(expression) -%}
    array_to_string(list_sort(list(distinct {{ expression }}) filter (where {{ expression }} is not null)), '; ')
{%- endmacro %}

{# Text made of the elements of an array, in their order, parted by '; '. #}
{% macro joined_array(expression) -%}
    {{ return(adapter.dispatch('joined_array', 'braindrain')(expression)) }}
{%- endmacro %}

{% macro default__joined_array(expression) -%}
    array_join({{ expression }}, '; ')
{%- endmacro %}

{% macro duckdb__joined_array(expression) -%}
    array_to_string({{ expression }}, '; ')
{%- endmacro %}

{# Stops the query with a sentence; for tests, so that the log says what was found and not only how many. #}
{% macro stop_with(sentence) -%}
    {{ return(adapter.dispatch('stop_with', 'braindrain')(sentence)) }}
{%- endmacro %}

{% macro default__stop_with(sentence) -%}
    raise_error({{ sentence }})
{%- endmacro %}

{% macro duckdb__stop_with(sentence) -%}
    error({{ sentence }})
{%- endmacro %}

{# Text made of the parts that two texts parted by '; ' have between them, in order, each once. #}
{% macro united_texts(one, other) -%}
    {{ return(adapter.dispatch('united_texts', 'braindrain')(one, other)) }}
{%- endmacro %}

{% macro default__united_texts(one, other) -%}
    array_join(array_sort(array_union(split({{ one }}, '; '), split({{ other }}, '; '))), '; ')
{%- endmacro %}

{% macro duckdb__united_texts(one, other) -%}
    array_to_string(
        list_sort(list_distinct(string_split({{ one }}, '; ') || string_split({{ other }}, '; '))), '; '
    )
{%- endmacro %}

{# Text made of the distinct parts of a group's texts, each text parted by '; ' itself; nulls are left out. #}
{% macro joined_parts(expression) -%}
    {{ return(adapter.dispatch('joined_parts', 'braindrain')(expression)) }}
{%- endmacro %}

{% macro default__joined_parts(expression) -%}
    array_join(array_sort(array_distinct(flatten(collect_set(split({{ expression }}, '; '))))), '; ')
{%- endmacro %}

{% macro duckdb__joined_parts(expression) -%}
    array_to_string(list_sort(list_distinct(string_split(
        string_agg(distinct {{ expression }}, '; '), '; '
    ))), '; ')
{%- endmacro %}
