-- Push and pull score of an economy and year: the mean of the factors that are present, where at least 60 % of the
-- side's factors are; missing is not average, so nothing is filled in.
{%- set push_factors = var('push_factors') %}
{%- set pull_factors = var('pull_factors') %}

with factors as (
    select * from {{ ref('int_push_pull_factors') }}
),

counted as (
    select
        *,
        {{ count_present(push_factors) }} as n_push_factors,
        {{ count_present(pull_factors) }} as n_pull_factors
    from factors
),

final as (
    select
        *,
        case
            when 100 * n_push_factors >= 60 * {{ push_factors | length }}
                then {{ weighted_mean(push_factors) }}
        end as push_score,
        case
            when 100 * n_pull_factors >= 60 * {{ pull_factors | length }}
                then {{ weighted_mean(pull_factors) }}
        end as pull_score
    from counted
)

select * from final
