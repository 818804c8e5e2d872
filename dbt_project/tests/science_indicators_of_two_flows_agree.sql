-- The OECD's indicators of science and its scoreboard show one measure of one database: a figure that both have differs
-- by at most 2 %, which a revision between two editions can make.
with measures as (
    select
        iso3,
        year,
        measure,
        max(case when dataset_id = 'oecd_msti' then value end) as of_indicators,
        max(case when dataset_id = 'oecd_rd_scoreboard' then value end) as of_scoreboard
    from {{ ref('fct_science_indicator') }}
    group by iso3, year, measure
),

final as (
    select * from measures
    where abs(of_indicators - of_scoreboard) > 0.02 * of_indicators
)

select * from final
