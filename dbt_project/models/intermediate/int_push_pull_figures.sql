-- Figures of sovereign economies that the push-pull composite is made of, whatever fact they stand in.
with components as (
    select distinct indicator_code from {{ ref('push_pull_component') }}
),

indicators as (
    select * from {{ ref('int_figures_in_use') }}
    where entity_type = 'sovereign'
),

perception as (
    select * from {{ ref('fct_perception') }}
    where score is not null and year >= {{ var('push_pull_first_year') }}
),

earnings as (
    select * from {{ ref('fct_earnings_by_occupation') }}
    where sex = 'T' and occupation = '2' and currency = 'PPP' and monthly_earnings is not null
),

countries as (
    select * from {{ ref('country') }}
    where entity_type = 'sovereign'
),

-- V-Dem writes a state's past under today's country: Yugoslavia's is not that of Serbia.
states_of_the_day as (
    select
        perception.iso3,
        perception.year,
        perception.index_code as indicator_code,
        perception.score as value,
        perception.estimate_kind,
        perception.source_id,
        perception.licence,
        perception.is_publishable,
        perception.recorded_at
    from perception
    inner join components
        on perception.index_code = components.indicator_code
    inner join countries
        on perception.iso3 = countries.iso3
    where countries.valid_from is null or perception.year >= extract(year from countries.valid_from)
),

professionals as (
    select
        earnings.iso3,
        earnings.year,
        'EAR_EMTM_SEX_OCU_CUR_NB' as indicator_code,
        earnings.monthly_earnings as value,
        earnings.estimate_kind,
        earnings.source_id,
        earnings.licence,
        earnings.is_publishable,
        earnings.recorded_at
    from earnings
    inner join countries
        on earnings.iso3 = countries.iso3
),

final as (
    select
        indicators.iso3,
        indicators.year,
        indicators.indicator_code,
        indicators.value,
        indicators.estimate_kind,
        indicators.source_id,
        indicators.licence,
        indicators.is_publishable,
        indicators.recorded_at
    from indicators
    left join components
        on indicators.indicator_code = components.indicator_code
    where components.indicator_code is not null or indicators.indicator_code = 'SP.POP.TOTL'
    union all
    select * from states_of_the_day
    union all
    select * from professionals
)

select * from final
