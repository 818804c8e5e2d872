-- Scores that experts and surveys give countries, one index a row.
{%- set democracy = ['v2x_libdem', 'v2x_polyarchy', 'v2x_partipdem', 'v2x_delibdem', 'v2x_egaldem'] %}

with fragility as (
    {{ in_force(ref('stg_fund_for_peace__indicators'), ['part', 'reference_area_code', 'year', 'indicator_code']) }}
),

democracy as (
    {{ in_force(ref('stg_vdem__democracy'), ['part', 'reference_area_code', 'year']) }}
),

religion as (
    {{ in_force(ref('stg_vdem__religion'), ['part', 'reference_area_code', 'year']) }}
),

governance as (
    {{ in_force(ref('stg_wgi__estimates'), ['part', 'reference_area_code', 'indicator', 'year']) }}
),

fragility_scores as (
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        'fsi_' || lower(indicator_code) as index_code,
        score,
        cast(null as double) as score_low,
        cast(null as double) as score_high,
        cast(null as double) as standard_error,
        cast(null as integer) as n_sources,
        published,
        recorded_at,
        receipt
    from fragility
    -- total and rank are repeated on every indicator of a country and year
    {% for index, column in {'fsi_total': 'total_score', 'fsi_rank': 'rank_of_total'}.items() %}
        union all
        select
            dataset_id,
            part,
            reference_area_code as country_code,
            year,
            '{{ index }}' as index_code,
            cast(max({{ column }}) as double) as score,
            cast(null as double) as score_low,
            cast(null as double) as score_high,
            cast(null as double) as standard_error,
            cast(null as integer) as n_sources,
            max(published) as published,
            max(recorded_at) as recorded_at,
            max(receipt) as receipt
        from fragility
        group by dataset_id, part, reference_area_code, year
    {% endfor %}
),

democracy_scores as (
    {% for index in democracy %}
        select
            dataset_id,
            part,
            reference_area_code as country_code,
            year,
            '{{ index }}' as index_code,
            {{ index }} as score,
            {{ 'v2x_libdem_codelow' if index == 'v2x_libdem' else 'cast(null as double)' }} as score_low,
            {{ 'v2x_libdem_codehigh' if index == 'v2x_libdem' else 'cast(null as double)' }} as score_high,
            cast(null as double) as standard_error,
            cast(null as integer) as n_sources,
            published,
            recorded_at,
            receipt
        from democracy
        union all
    {% endfor %}
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        'v2clrelig' as index_code,
        v2clrelig as score,
        v2clrelig_codelow as score_low,
        v2clrelig_codehigh as score_high,
        cast(null as double) as standard_error,
        cast(null as integer) as n_sources,
        published,
        recorded_at,
        receipt
    from religion
),

governance_scores as (
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        'wgi_' || indicator as index_code,
        estimate as score,
        cast(null as double) as score_low,
        cast(null as double) as score_high,
        standard_error,
        cast(n_sources as integer) as n_sources,
        published,
        recorded_at,
        receipt
    from governance
    union all
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        'wgi_' || indicator || '_rank' as index_code,
        percentile_rank as score,
        percentile_rank_lower as score_low,
        percentile_rank_upper as score_high,
        cast(null as double) as standard_error,
        cast(n_sources as integer) as n_sources,
        published,
        recorded_at,
        receipt
    from governance
),

under_keys as (
    {{ under_country_keys('fragility_scores', {'country': 'fsi_geo'}) }}
    union all
    {{ under_country_keys('democracy_scores', {'country': 'vdem'}) }}
    union all
    {{ under_country_keys('governance_scores', {'country': 'wgi'}) }}
),

final as (
    select
        *,
        cast(null as varchar) as obs_status
    from under_keys
)

select * from final
