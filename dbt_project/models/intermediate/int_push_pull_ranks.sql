-- Rank of an economy within its year under every weighting: how much of a rank is the weights' doing.
-- Rank 1 is the strongest push over pull. Only economies with both scores are ranked.
{%- set push_factors = var('push_factors') %}
{%- set pull_factors = var('pull_factors') %}

with scored as (
    select * from {{ ref('int_push_pull_scores') }}
    where push_score is not null and pull_score is not null
),

pca_weights as (
    select
    {% for factor in push_factors + pull_factors %}
            max(case when factor = '{{ factor }}' then weight end) as w_{{ factor }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('int_push_pull_pca_weights') }}
),

weighted as (
    select
        scored.*,
        pca_weights.*
    from scored
    cross join pca_weights
),

balances as (
    select
        iso3,
        year,
        'equal' as weighting,
        push_score - pull_score as balance
    from weighted
    union all
    select
        iso3,
        year,
        'geometric' as weighting,
        {{ geometric_mean(push_factors) }} - {{ geometric_mean(pull_factors) }} as balance
    from weighted
    union all
    select
        iso3,
        year,
        'principal_component' as weighting,
        {{ weighted_mean(push_factors, 'w_') }} - {{ weighted_mean(pull_factors, 'w_') }} as balance
    from weighted
    {% for factor in push_factors %}
        union all
        select
            iso3,
            year,
            'without_{{ factor }}' as weighting,
            {{ weighted_mean(push_factors | reject('equalto', factor) | list) }} - pull_score as balance
        from weighted
    {% endfor %}
    {% for factor in pull_factors %}
        union all
        select
            iso3,
            year,
            'without_{{ factor }}' as weighting,
            push_score - {{ weighted_mean(pull_factors | reject('equalto', factor) | list) }} as balance
        from weighted
    {% endfor %}
),

final as (
    select
        iso3,
        year,
        weighting,
        balance,
        cast(rank() over (partition by year, weighting order by balance desc) as integer) as rank_in_year
    from balances
    where balance is not null
)

select * from final
