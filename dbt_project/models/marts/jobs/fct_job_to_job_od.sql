-- Job-to-job moves between US states, and between industries of the nation, by education and quarter.
with figures as (
    select * from {{ ref('int_job_to_job_moves') }}
),

parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

final as (
    select
        figures.origin_state_iso3 as origin_state,
        figures.destination_state_iso3 as destination_state,
        case
            when figures.destination_state_type = 'subnational' then 'state'
            when figures.destination_state_type = 'sovereign' then 'nation'
            else 'territory'
        end as geo_level,
        figures.origin_industry,
        figures.destination_industry,
        figures.education,
        figures.year,
        figures.quarter,
        {% for measure in ['ee_moves', 'aq_moves', 'ee_stable_moves', 'aq_stable_moves'] %}
            figures.{{ measure }},
            figures.{{ measure }}_status,
        {% endfor %}
        {% for measure in [
            'ee_earnings_origin', 'ee_earnings_destination', 'aq_earnings_origin', 'aq_earnings_destination'
        ] %}
            figures.{{ measure }} as {{ measure }}_usd,
            figures.{{ measure }}_status,
        {% endfor %}
        {{ fact_tail() }}
    from figures
    inner join datasets
        on figures.dataset_id = datasets.dataset_id
    left join parts
        on
            figures.dataset_id = parts.dataset_id
            and figures.part = parts.part
)

select * from final
