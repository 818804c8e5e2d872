-- Reasons to leave and reasons to come per sovereign economy and year, with what they are made of.
{%- set factors = ['opportunity', 'stability', 'economy', 'health', 'religion', 'pay', 'career', 'freedom', 'living'] %}

with scores as (
    select * from {{ ref('int_push_pull_scores') }}
),

ranks as (
    select * from {{ ref('int_push_pull_ranks') }}
),

components as (
    select count(distinct indicator_code) as n_indicators_total from {{ ref('push_pull_component') }}
),

provenance as (
    select
        {{ joined_values('figures.source_id') }} as source_ids,
        {{ joined_values('figures.licence') }} as licence,
        min(case when figures.is_publishable then 1 else 0 end) = 1 as is_publishable
    from {{ ref('int_figures_in_use') }} as figures
    inner join {{ ref('push_pull_component') }} as components_of_the_composite
        on figures.indicator_code = components_of_the_composite.indicator_code
),

rank_ranges as (
    select
        iso3,
        year,
        max(case when weighting = 'equal' then rank_in_year end) as rank_in_year,
        min(rank_in_year) as rank_min,
        max(rank_in_year) as rank_max,
        cast(count(*) as integer) as n_weightings
    from ranks
    group by iso3, year
),

ranked_economies as (
    select
        year,
        cast(count(*) as integer) as n_ranked
    from rank_ranges
    group by year
),

final as (
    select
        scores.iso3,
        scores.year,
        {% for factor in factors %}
            scores.z_{{ factor }},
        {% endfor %}
        scores.push_score,
        scores.pull_score,
        scores.push_score - scores.pull_score as balance,
        cast({{ count_present(factors) }} as integer) as n_components_present,
        {{ factors | length }} as n_components_total,
        cast(scores.n_indicators_present as integer) as n_indicators_present,
        cast(components.n_indicators_total as integer) as n_indicators_total,
        scores.oldest_component_year,
        'equal_factors_reference_2010_2019' as weight_set_id,
        rank_ranges.rank_in_year as rank,
        rank_ranges.rank_min,
        rank_ranges.rank_max,
        rank_ranges.n_weightings,
        ranked_economies.n_ranked,
        provenance.source_ids,
        provenance.licence,
        provenance.is_publishable,
        {{ release_columns() }}
    from scores
    left join rank_ranges
        on
            scores.iso3 = rank_ranges.iso3
            and scores.year = rank_ranges.year
    left join ranked_economies
        on
            scores.year = ranked_economies.year
            and rank_ranges.iso3 is not null
    cross join components
    cross join provenance
)

select * from final
