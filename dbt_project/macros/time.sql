{# Up to when the build knows the world, as a timestamp expression; null means everything that is recorded. #}
{% macro as_of() -%}
    {%- if var('as_of') is none -%}
        cast(null as timestamp)
    {%- else -%}
        cast({{ dbt.string_literal(dbt.escape_single_quotes(var('as_of') | string)) }} as timestamp)
    {%- endif -%}
{%- endmacro %}

{# Condition: the row was recorded by then. #}
{% macro recorded_by_then(recorded_at='recorded_at') -%}
    {%- if var('as_of') is none -%}
        {{ recorded_at }} is not null
    {%- else -%}
        {{ recorded_at }} <= {{ as_of() }}
    {%- endif -%}
{%- endmacro %}

{#
  State in force: per key the newest recorded change, unless that change withdrew the key.
  `relation` is a change log with columns `change` and `recorded_at`; the result has the same columns.
#}
{% macro in_force(relation, key) -%}
    select changes.*
    from {{ relation }} as changes
    inner join (
        select
            {% for column in key %}{{ column }}, {% endfor %}
            max(recorded_at) as newest_recorded_at
        from {{ relation }}
        where {{ recorded_by_then() }}
        group by {{ key | join(', ') }}
    ) as newest
        on
            {% for column in key %}changes.{{ column }} = newest.{{ column }} and {% endfor %}
            changes.recorded_at = newest.newest_recorded_at
    where changes.change <> 'withdraw'
{%- endmacro %}

{# Whole days from one date or timestamp to another. #}
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between', 'braindrain')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}

{% macro duckdb__days_between(earlier, later) -%}
    cast(date_diff('day', cast({{ earlier }} as date), cast({{ later }} as date)) as integer)
{%- endmacro %}

{# One row per day, in column `date_day`, both ends in. #}
{% macro days_from_to(first, last) -%}
    {{ return(adapter.dispatch('days_from_to', 'braindrain')(first, last)) }}
{%- endmacro %}

{% macro default__days_from_to(first, last) -%}
    select explode(sequence(date '{{ first }}', date '{{ last }}')) as date_day
{%- endmacro %}

{% macro duckdb__days_from_to(first, last) -%}
    select cast(days.generate_series as date) as date_day
    from generate_series(date '{{ first }}', date '{{ last }}', interval 1 day) as days
{%- endmacro %}
