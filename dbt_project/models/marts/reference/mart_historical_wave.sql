-- What were the historical waves, and what do figures show around each date? Before 1960 nobody counted, and the row
-- says so.
{%- set components = [
    'emigrant_stock_before_persons', 'emigrant_stock_after_persons', 'net_migration_persons', 'refugees_peak_persons',
    'skilled_emigration_rate'
] %}
{%- set first_year_of_figures = 1960 %}

with waves as (
    select * from {{ ref('historical_wave') }}
),

figures as (
    select * from {{ ref('int_wave_figures') }}
),

-- an event without any figure keeps its row, and each missing component its reason
expected as (
    {% for component in components %}
        select
            waves.event_id,
            waves.origin_iso3,
            '{{ component }}' as component,
            case
                when coalesce(waves.last_year, waves.first_year) < {{ first_year_of_figures }}
                    then 'before 1960 no figures by country of origin exist'
                else 'no figure around the dates'
            end as missing_reason
        from waves
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

components as (
    select
        expected.event_id,
        expected.origin_iso3,
        expected.component,
        figures.dataset_id,
        figures.value,
        figures.component_year,
        expected.missing_reason,
        figures.estimate_kind,
        figures.source_id,
        figures.licence,
        figures.is_publishable,
        figures.recorded_at
    from expected
    left join figures
        on
            expected.event_id = figures.event_id
            and expected.origin_iso3 = figures.origin_iso3
            and expected.component = figures.component
),

put_together as (
    select
        event_id,
        origin_iso3,
        max(case when component = 'emigrant_stock_after_persons' then dataset_id end) as stock_dataset_id,
        {% for component in components %}
            cast(max(case when component = '{{ component }}' then component_year end) as integer)
                as {{ component | replace('_persons', '') | replace('_rate', '') }}_year,
        {% endfor %}
        {{ component_values(components) }},
        {{ component_provenance(components) }}
    from components
    group by event_id, origin_iso3
),

final as (
    select
        waves.event_id,
        waves.origin_iso3,
        waves.event_name_en,
        waves.event_name_ro,
        waves.event_name_sr,
        waves.event_name_sr_latn,
        waves.event_name_uk,
        waves.first_year,
        waves.last_year,
        waves.destinations,
        waves.cause,
        waves.description,
        waves.literature,
        waves.told_in,
        put_together.stock_dataset_id,
        put_together.emigrant_stock_before_year,
        put_together.emigrant_stock_before_persons,
        put_together.emigrant_stock_after_year,
        put_together.emigrant_stock_after_persons,
        put_together.emigrant_stock_after_persons - put_together.emigrant_stock_before_persons
            as emigrant_stock_change_persons,
        put_together.net_migration_persons,
        put_together.refugees_peak_year,
        put_together.refugees_peak_persons,
        put_together.skilled_emigration_year,
        put_together.skilled_emigration_rate,
        {{ mart_tail('put_together') }}
    from waves
    inner join put_together
        on
            waves.event_id = put_together.event_id
            and waves.origin_iso3 = put_together.origin_iso3
)

select * from final
