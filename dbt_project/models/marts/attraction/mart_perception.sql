-- How do experts and surveys see a country: its brain drain, stability, freedoms, governance, and where does it stand?
with scores as (
    select * from {{ ref('fct_perception') }}
    where score is not null
),

indices as (
    select * from {{ ref('perception_index') }}
),

named as (
    select
        scores.*,
        indices.index_name,
        indices.publisher,
        indices.scale_min,
        indices.scale_max,
        indices.is_higher_better,
        case when indices.is_higher_better then scores.score else -scores.score end as goodness
    from scores
    inner join indices
        on scores.index_code = indices.index_code
),

placed as (
    select
        *,
        cast(rank() over (partition by index_code, year order by goodness) as integer) as rank_from_worst,
        cast(count(*) over (partition by index_code, year) as integer) as n_scored
    from named
),

final as (
    select
        placed.iso3,
        placed.year,
        placed.index_code,
        placed.index_name,
        placed.publisher,
        placed.scale_min,
        placed.scale_max,
        placed.is_higher_better,
        placed.score,
        placed.score_low,
        placed.score_high,
        placed.standard_error,
        placed.rank_from_worst,
        placed.n_scored,
        placed.score - five_years_before.score as change_5y,
        cast(1 as integer) as n_components_present,
        cast(1 as integer) as n_components_total,
        placed.year as oldest_component_year,
        cast(null as varchar) as missing_components,
        placed.estimate_kind,
        placed.source_id as source_ids,
        placed.licence,
        placed.is_publishable,
        cast(placed.recorded_at as date) as vintage_max,
        {{ release_columns() }}
    from placed
    left join named as five_years_before
        on
            placed.iso3 = five_years_before.iso3
            and placed.index_code = five_years_before.index_code
            and placed.year = five_years_before.year + 5
)

select * from final
