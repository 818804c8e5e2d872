-- Weights of the factors by principal components: the squared loadings of the first component of their
-- correlation matrix over the reference years, which sum to one per side. Squaring the matrix six times is 64 steps
-- of power iteration, after which its diagonal is proportional to the squared loadings. Pairs are correlated over
-- the rows that hold both; a factor that no source fills correlates with nothing and gets no weight.
{%- set sides = {'push': var('push_factors'), 'pull': var('pull_factors')} %}

with reference_years as (
    select * from {{ ref('int_push_pull_factors') }}
    where year between {{ var('reference_first_year') }} and {{ var('reference_last_year') }}
),

{% for side, factors in sides.items() %}
{{ side }}_matrix_0 as (
    select
        {% for a in factors %}
            {% for b in factors %}
                coalesce({{ correlation('z_' ~ a, 'z_' ~ b) }}, 0) as m_{{ a }}_{{ b }}
                {{- ',' if not (loop.last and a == factors[-1]) }}
            {% endfor %}
        {% endfor %}
    from reference_years
),

{% for step in range(1, 7) %}
{{ side }}_trace_{{ step }} as (
    select
        *,
        {% for a in factors %}m_{{ a }}_{{ a }}{{ ' + ' if not loop.last }}{% endfor %} as trace
    from {{ side }}_matrix_{{ step - 1 }}
),

{{ side }}_matrix_{{ step }} as (
    select
        {% for a in factors %}
            {% for b in factors %}
                (
                    {% for c in factors %}
                        m_{{ a }}_{{ c }} * m_{{ c }}_{{ b }}{{ ' + ' if not loop.last }}
                    {% endfor %}
                ) / nullif(trace * trace, 0) as m_{{ a }}_{{ b }}{{ ',' if not (loop.last and a == factors[-1]) }}
            {% endfor %}
        {% endfor %}
    from {{ side }}_trace_{{ step }}
),
{% endfor %}
{% endfor %}

final as (
    {% for side, factors in sides.items() %}
    {% set outer_last = loop.last %}
    {% for factor in factors %}
    select
        '{{ side }}' as side,
        '{{ factor }}' as factor,
        m_{{ factor }}_{{ factor }} / nullif(
            {% for a in factors %}m_{{ a }}_{{ a }}{{ ' + ' if not loop.last }}{% endfor %}, 0
        ) as weight
    from {{ side }}_matrix_6
    {{ 'union all' if not (outer_last and loop.last) }}
    {% endfor %}
    {% endfor %}
)

select * from final
