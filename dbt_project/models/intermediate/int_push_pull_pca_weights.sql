-- Weights of the factors by principal components: the squared loadings of the first component of their
-- correlation matrix over the reference years, which sum to one per side. Squaring the matrix ten times is 1,024 steps
-- of power iteration, after which its diagonal is proportional to the squared loadings. Pairs are correlated over
-- the rows that hold both; a factor that no source fills correlates with nothing and gets no weight.
{%- set push_factors = var('push_factors') %}
{%- set pull_factors = var('pull_factors') %}

with reference_years as (
    select * from {{ ref('int_push_pull_factors') }}
    where year between {{ var('reference_first_year') }} and {{ var('reference_last_year') }}
),

{% for side, factors in [('push', push_factors), ('pull', pull_factors)] %}
    {{ side }}_matrix_0 as (
        select {{ correlation_matrix(factors) }}
        from reference_years
    ),

    {% for step in range(1, 11) %}
        {{ side }}_matrix_{{ step }} as (
            select {{ squared_matrix(factors) }}
            from {{ side }}_matrix_{{ step - 1 }}
        ),

    {% endfor %}
{% endfor %}
final as (
    {% for side, factors in [('push', push_factors), ('pull', pull_factors)] %}
        {% for factor in factors %}
            select
                '{{ side }}' as side,
                '{{ factor }}' as factor,
                {{ share_of_diagonal(factor, factors) }} as weight
            from {{ side }}_matrix_10
            {% if not (side == 'pull' and loop.last) %}
                union all
            {% endif %}
        {% endfor %}
    {% endfor %}
)

select * from final
