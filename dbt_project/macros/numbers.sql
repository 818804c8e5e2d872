{#
  Sums and means that do not depend on the order in which an engine adds: decimals add exactly, floats do not,
  and the same lake must give the same bytes. Twenty decimals keep the precision of small quantities (refugees per
  thousand, squared); what is left before the point holds sums up to 10^18, beyond which the engine raises an error.
#}
{% macro as_exact(expression) -%}
    cast({{ expression }} as decimal(38, 20))
{%- endmacro %}

{# By way of text, which is read as the nearest float; the direct way back can be a last binary digit off. #}
{% macro exact_sum(expression) -%}
    cast(cast(sum({{ as_exact(expression) }}) as varchar) as double)
{%- endmacro %}

{# The same of people, who come whole or in the fractions of surveys: six decimals do. #}
{% macro sum_of_people(expression) -%}
    cast(sum(cast({{ expression }} as decimal(38, 6))) as double)
{%- endmacro %}

{% macro exact_mean(expression) -%}
    ({{ exact_sum(expression) }} / nullif(count({{ expression }}), 0))
{%- endmacro %}

{# Continuous percentile (linear between neighbours) of a group; `share` is 0 to 1. #}
{% macro percentile(expression, share) -%}
    {{ return(adapter.dispatch('percentile', 'braindrain')(expression, share)) }}
{%- endmacro %}

{% macro default__percentile(expression, share) -%}
    percentile({{ expression }}, {{ share }})
{%- endmacro %}

{% macro duckdb__percentile(expression, share) -%}
    quantile_cont({{ expression }}, {{ share }})
{%- endmacro %}

{#
  A published figure times its power of ten (SDMX UNIT_MULT), which is to be applied once and nowhere else. No
  multiplier means units. A code list that has codes beyond powers of ten (9999) would make figures infinite: error.
#}
{% macro in_units(value, exponent) -%}
    case
        when coalesce({{ exponent }}, 0) between -12 and 12 then {{ value }} * power(10, coalesce({{ exponent }}, 0))
        else cast({{ stop_with("'no power of ten: unit multiplier ' || cast(" ~ exponent ~ " as varchar)") }} as double)
    end
{%- endmacro %}
