-- Factors of the push-pull composite per sovereign economy and year: the mean of the signed z-scores that are
-- present. Push factors grow with the reason to leave, pull factors with the reason to come.
with z_scores as (
    select * from {{ ref('int_push_pull_zscores') }}
),

components as (
    select * from {{ ref('push_pull_component') }}
),

signed as (
    select
        z_scores.iso3,
        z_scores.year,
        components.factor,
        components.indicator_code,
        components.sign * z_scores.z_score as signed_z_score,
        z_scores.oldest_year
    from z_scores
    inner join components
        on z_scores.indicator_code = components.indicator_code
),

factor_means as (
    select
        iso3,
        year,
        factor,
        {{ exact_mean('signed_z_score') }} as z_factor
    from signed
    group by iso3, year, factor
),

factors_side_by_side as (
    select
        {% for factor in var('push_factors') + var('pull_factors') %}
            max(case when factor = '{{ factor }}' then z_factor end) as z_{{ factor }},
        {% endfor %}
        iso3,
        year
    from factor_means
    group by iso3, year
),

indicators_present as (
    select
        iso3,
        year,
        count(distinct indicator_code) as n_indicators_present,
        min(oldest_year) as oldest_component_year
    from signed
    group by iso3, year
),

final as (
    select
        factors_side_by_side.*,
        indicators_present.n_indicators_present,
        indicators_present.oldest_component_year
    from factors_side_by_side
    inner join indicators_present
        on
            factors_side_by_side.iso3 = indicators_present.iso3
            and factors_side_by_side.year = indicators_present.year
)

select * from final
