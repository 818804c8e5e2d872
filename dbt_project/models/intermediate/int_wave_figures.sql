-- What is counted around the dates of each historical event, one figure a row. A stock before and one after come from
-- one source, so that their difference is a difference of people and not of methods.
{%- set stock_reach_years = 10 %}
{%- set after_event_years = 5 %}

with waves as (
    select
        event_id,
        origin_iso3,
        first_year,
        coalesce(last_year, first_year + {{ after_event_years }}) as last_year
    from {{ ref('historical_wave') }}
),

stocks_by_pair as (
    select * from {{ ref('fct_migrant_stock') }}
),

stocks_by_origin as (
    select * from {{ ref('fct_migrant_stock_aggregate') }}
),

displaced as (
    select * from {{ ref('fct_displacement') }}
),

indicators as (
    select * from {{ ref('fct_indicator_value') }}
),

emigration_rates as (
    select * from {{ ref('fct_skilled_emigration') }}
),

-- all destinations together: by both sexes where there is no total
stocks as (
    select
        dataset_id,
        origin_iso3,
        year,
        {{ exact_sum('persons') }} as persons,
        max(estimate_kind) as estimate_kind,
        max(source_id) as source_id,
        max(licence) as licence,
        min(cast(is_publishable as integer)) = 1 as is_publishable,
        max(recorded_at) as recorded_at
    from stocks_by_pair
    where
        (dataset_id = 'gbmd_bilateral' and sex in ('F', 'M'))
        or (dataset_id = 'iab_bilateral_stock' and sex = 'T')
    group by dataset_id, origin_iso3, year
    union all
    select
        dataset_id,
        origin_iso3,
        year,
        persons,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from stocks_by_origin
    where dataset_id = 'undesa_stock_by_origin' and sex = 'T' and destination_iso3 = 'WLD'
),

known_stocks as (
    select * from stocks
    where persons is not null
),

stocks_before as (
    select
        waves.event_id,
        waves.origin_iso3,
        known_stocks.dataset_id,
        max(known_stocks.year) as year
    from waves
    inner join known_stocks
        on
            waves.origin_iso3 = known_stocks.origin_iso3
            and known_stocks.year between waves.first_year - {{ stock_reach_years }} and waves.first_year
    group by waves.event_id, waves.origin_iso3, known_stocks.dataset_id
),

stocks_after as (
    select
        waves.event_id,
        waves.origin_iso3,
        known_stocks.dataset_id,
        min(known_stocks.year) as year
    from waves
    inner join stocks_before
        on waves.event_id = stocks_before.event_id and waves.origin_iso3 = stocks_before.origin_iso3
    inner join known_stocks
        on
            waves.origin_iso3 = known_stocks.origin_iso3
            and stocks_before.dataset_id = known_stocks.dataset_id
            and stocks_before.year < known_stocks.year
            and known_stocks.year between waves.last_year and waves.last_year + {{ stock_reach_years }}
    group by waves.event_id, waves.origin_iso3, known_stocks.dataset_id
),

-- the source that counts closest to both dates; the whole world before twenty destinations
spans as (
    select
        earlier.event_id,
        earlier.origin_iso3,
        earlier.dataset_id,
        earlier.year as year_before,
        later.year as year_after,
        row_number() over (
            partition by earlier.event_id, earlier.origin_iso3
            order by
                later.year - earlier.year,
                case earlier.dataset_id when 'iab_bilateral_stock' then 1 else 0 end,
                -- of two of the whole world UN DESA, which is kept up to date
                earlier.dataset_id desc
        ) as nth_best
    from stocks_before as earlier
    inner join stocks_after as later
        on
            earlier.event_id = later.event_id
            and earlier.origin_iso3 = later.origin_iso3
            and earlier.dataset_id = later.dataset_id
),

best_spans as (
    select * from spans
    where nth_best = 1
),

stock_figures as (
    {% for component, year in {
        'emigrant_stock_before_persons': 'year_before', 'emigrant_stock_after_persons': 'year_after'
    }.items() %}
        select
            best_spans.event_id,
            best_spans.origin_iso3,
            '{{ component }}' as component,
            best_spans.dataset_id,
            known_stocks.persons as value,
            known_stocks.year as component_year,
            known_stocks.estimate_kind,
            known_stocks.source_id,
            known_stocks.licence,
            known_stocks.is_publishable,
            known_stocks.recorded_at
        from best_spans
        inner join known_stocks
            on
                best_spans.origin_iso3 = known_stocks.origin_iso3
                and best_spans.dataset_id = known_stocks.dataset_id
                and best_spans.{{ year }} = known_stocks.year
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

net_migration as (
    select
        waves.event_id,
        waves.origin_iso3,
        'net_migration_persons' as component,
        indicators.dataset_id,
        {{ exact_sum('indicators.value') }} as value,
        max(indicators.year) as component_year,
        max(indicators.estimate_kind) as estimate_kind,
        indicators.source_id,
        indicators.licence,
        indicators.is_publishable,
        max(indicators.recorded_at) as recorded_at
    from waves
    inner join indicators
        on
            waves.origin_iso3 = indicators.iso3
            and indicators.year between waves.first_year and waves.last_year
    where indicators.indicator_code = 'SM.POP.NETM' and indicators.value is not null
    group by
        waves.event_id, waves.origin_iso3, waves.first_year, waves.last_year, indicators.dataset_id,
        indicators.source_id, indicators.licence, indicators.is_publishable
    -- a sum of some of the years is not that of the event
    having count(*) = waves.last_year - waves.first_year + 1
),

refugees_by_year as (
    select
        waves.event_id,
        waves.origin_iso3,
        displaced.dataset_id,
        displaced.year,
        {{ exact_sum('displaced.persons') }} as persons,
        max(displaced.estimate_kind) as estimate_kind,
        max(displaced.source_id) as source_id,
        max(displaced.licence) as licence,
        min(cast(displaced.is_publishable as integer)) = 1 as is_publishable,
        max(displaced.recorded_at) as recorded_at
    from waves
    inner join displaced
        on
            waves.origin_iso3 = displaced.origin_iso3
            and displaced.year between waves.first_year and waves.last_year
    where displaced.measure = 'refugees' and displaced.persons is not null
    group by waves.event_id, waves.origin_iso3, displaced.dataset_id, displaced.year
),

numbered_refugees as (
    select
        *,
        row_number() over (partition by event_id, origin_iso3 order by persons desc, year asc) as nth_largest
    from refugees_by_year
),

numbered_rates as (
    select
        waves.event_id,
        waves.origin_iso3,
        emigration_rates.*,
        row_number() over (
            partition by waves.event_id, waves.origin_iso3
            order by emigration_rates.year
        ) as nth_year
    from waves
    inner join emigration_rates
        on
            waves.origin_iso3 = emigration_rates.origin_iso3
            and emigration_rates.year between waves.last_year and waves.last_year + {{ stock_reach_years }}
    where
        emigration_rates.method_id = 'iab_2013'
        and emigration_rates.sex = 'T'
        and emigration_rates.education = 'high'
        and emigration_rates.measure = 'rate'
        and emigration_rates.value is not null
),

final as (
    select * from stock_figures
    union all
    select * from net_migration
    union all
    select
        event_id,
        origin_iso3,
        'refugees_peak_persons' as component,
        dataset_id,
        persons as value,
        year as component_year,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from numbered_refugees
    where nth_largest = 1
    union all
    select
        event_id,
        origin_iso3,
        'skilled_emigration_rate' as component,
        dataset_id,
        value,
        year as component_year,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from numbered_rates
    where nth_year = 1
)

select * from final
