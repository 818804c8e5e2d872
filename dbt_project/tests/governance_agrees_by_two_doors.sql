-- The World Bank gives the same governance estimates as a workbook and through its API, read here by two protocols and
-- two code systems. Of one edition they are equal; editions revise estimates by hundredths, so the mean gap of a
-- dimension stays below 0.05, while a dimension or an economy taken for another would put it far above.
with workbook as (
    select * from {{ ref('fct_perception') }}
    where
        index_code like 'wgi_%'
        and index_code not like '%_rank'
        and score is not null
),

api as (
    select * from {{ ref('int_figures_in_use') }}
    where indicator_code like 'GOV_WGI_%.EST'
),

compared as (
    select
        workbook.index_code,
        abs(workbook.score - api.value) as gap
    from workbook
    inner join api
        on
            workbook.iso3 = api.iso3
            and workbook.year = api.year
            and api.indicator_code = 'GOV_WGI_' || upper(substr(workbook.index_code, 5, 2)) || '.EST'
),

final as (
    select
        index_code,
        avg(gap) as mean_gap
    from compared
    group by index_code
    having avg(gap) > 0.05
)

select * from final
