-- Under each indicator the series that stands for it: its own, or, as long as the publisher has none, the one it
-- replaced. A whole series is taken, never a part, so that nothing is spliced.
{{ config(materialized='view') }}

with indicators as (
    select * from {{ ref('dim_indicator') }}
),

with_figures as (
    select * from indicators
    where n_figures > 0
),

predecessors_with_figures as (
    select
        successor_code as indicator_code,
        min(indicator_code) as predecessor_code
    from with_figures
    where successor_code is not null
    group by successor_code
),

final as (
    select
        indicators.indicator_code,
        coalesce(with_figures.indicator_code, predecessors_with_figures.predecessor_code) as series_code
    from indicators
    left join with_figures
        on indicators.indicator_code = with_figures.indicator_code
    left join predecessors_with_figures
        on indicators.indicator_code = predecessors_with_figures.indicator_code
)

select * from final
