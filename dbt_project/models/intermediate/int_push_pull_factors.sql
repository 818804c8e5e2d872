-- Factors of the push-pull composite per sovereign economy and year: the mean of the signed z-scores that are
-- present. Push factors grow with the reason to leave, pull factors with the reason to come.
{%- set components = [
    'z_opportunity', 'z_stability', 'z_economy', 'z_health', 'z_religion', 'z_pay', 'z_career', 'z_freedom', 'z_living'
] %}

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
        z_scores.oldest_year,
        z_scores.estimate_kind,
        z_scores.source_id,
        z_scores.licence,
        z_scores.is_publishable,
        z_scores.recorded_at
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

-- Religious freedom is religious persecution turned round and counts once.
signed_by_factor as (
    select
        iso3,
        year,
        'z_' || factor as component,
        signed_z_score as value,
        oldest_year as component_year,
        indicator_code,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from signed
    where factor <> 'religious_freedom'
),

provenance as (
    select
        iso3,
        year,
        count(distinct indicator_code) as n_indicators_present,
        {{ component_provenance(components) }}
    from signed_by_factor
    group by iso3, year
),

final as (
    select
        factors_side_by_side.*,
        provenance.n_indicators_present,
        provenance.n_components_present,
        provenance.n_components_total,
        provenance.oldest_component_year,
        provenance.missing_components,
        provenance.estimate_kind,
        provenance.source_ids,
        provenance.licence,
        provenance.is_publishable,
        provenance.vintage_max
    from factors_side_by_side
    inner join provenance
        on
            factors_side_by_side.iso3 = provenance.iso3
            and factors_side_by_side.year = provenance.year
)

select * from final
