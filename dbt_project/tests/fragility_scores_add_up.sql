-- The index publishes twelve scores and, apart from them, their total. Scores are shown with one decimal, so the two
-- may be 12 times 0.05 apart; the largest gap of 2006 to 2023 is 0.2.
with scores as (
    select * from {{ ref('fct_perception') }}
    where index_code like 'fsi_%'
),

added_up as (
    select
        iso3,
        year,
        sum(case when index_code not in ('fsi_total', 'fsi_rank') then score end) as sum_of_scores,
        max(case when index_code = 'fsi_total' then score end) as total
    from scores
    group by iso3, year
),

final as (
    select * from added_up
    where not coalesce(abs(sum_of_scores - total) <= 0.6, false)
)

select * from final
