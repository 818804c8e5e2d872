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
        cast(scores.n_indicators_present as integer) as n_indicators_present,
        cast(components.n_indicators_total as integer) as n_indicators_total,
        'equal_factors_reference_2010_2019' as weight_set_id,
        rank_ranges.rank_in_year as rank,
        rank_ranges.rank_min,
        rank_ranges.rank_max,
        rank_ranges.n_weightings,
        ranked_economies.n_ranked,
        {{ mart_tail('scores') }}
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
)

select * from final
