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

{#
  Correlations of the factor columns with each other, one column `m_<factor>_<factor>` each, over the rows that hold
  both; zero where there are none or one does not vary. Nine decimals, so that the order of addition does not show.
#}
{% macro correlation_matrix(factors) -%}
    {% for a in factors %}{% set outer_loop = loop %}{% for b in factors %}
        {%- set correlation = 'corr(z_' ~ a ~ ', z_' ~ b ~ ')' %}
        coalesce(case when not isnan({{ correlation }}) then round({{ correlation }}, 9) end, 0) as m_{{ a }}_{{ b }}
        {{- ',' if not (outer_loop.last and loop.last) }}
    {%- endfor %}{% endfor %}
{%- endmacro %}

{# Sum of the diagonal of a matrix in columns `m_<factor>_<factor>`. #}
{% macro trace(factors) -%}
    ({% for a in factors %}m_{{ a }}_{{ a }}{{ ' + ' if not loop.last }}{% endfor %})
{%- endmacro %}

{# The matrix times itself, divided by its squared trace so that its size stays within floats. #}
{% macro squared_matrix(factors) -%}
    {% for a in factors %}{% set outer_loop = loop %}{% for b in factors %}
        (
            {%- for c in factors %}m_{{ a }}_{{ c }} * m_{{ c }}_{{ b }}{{ ' + ' if not loop.last }}{% endfor -%}
        ) / nullif({{ trace(factors) }} * {{ trace(factors) }}, 0) as m_{{ a }}_{{ b }}
        {{- ',' if not (outer_loop.last and loop.last) }}
    {%- endfor %}{% endfor %}
{%- endmacro %}

{# One element of the diagonal over their sum. #}
{% macro share_of_diagonal(factor, factors) -%}
    m_{{ factor }}_{{ factor }} / nullif({{ trace(factors) }}, 0)
{%- endmacro %}
