{# How many of the factor columns `z_<factor>` of a row are present. #}
{% macro count_present(factors) -%}
    {% for factor in factors %}(case when z_{{ factor }} is null then 0 else 1 end){{ ' + ' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#
  Mean of the factor columns that are present, weighted by the columns `<weights><factor>`, or equally without them.
  Written out as a sum, so that it adds in the same order at every build.
#}
{% macro weighted_mean(factors, weights=none) -%}
    (
        {% for factor in factors %}coalesce({{ weights ~ factor ~ ' * ' if weights }}z_{{ factor }}, 0)
        {{- ' + ' if not loop.last }}
        {% endfor %}
    ) / nullif(
        {% for factor in factors %}
            (case when z_{{ factor }} is null then 0 else {{ 'coalesce(' ~ weights ~ factor ~ ', 0)' if weights else 1 }} end)
            {{- ' + ' if not loop.last }}
        {% endfor %}, 0
    )
{%- endmacro %}

{#
  Geometric mean of the factor columns that are present, each first put between 0 and 1 by the logistic function,
  since a z-score can be negative: a strong factor makes up for a weak one less than in the arithmetic mean.
  Held at 30 deviations, where the function is flat and its logarithm still a number.
#}
{% macro geometric_mean(factors) -%}
    exp(-(
        {% for factor in factors %}coalesce(ln(1 + exp(-greatest(least(z_{{ factor }}, 30), -30))), 0)
        {{- ' + ' if not loop.last }}
        {% endfor %}
    ) / nullif({{ count_present(factors) }}, 0))
{%- endmacro %}

{# Correlation of two columns over the rows that hold both; null where one does not vary. Nine decimals, so that
   the order of addition does not show. #}
{% macro correlation(a, b) -%}
    case when isnan(corr({{ a }}, {{ b }})) then null else round(corr({{ a }}, {{ b }}), 9) end
{%- endmacro %}
