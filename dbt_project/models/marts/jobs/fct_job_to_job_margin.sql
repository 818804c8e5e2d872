-- Main jobs, hires and separations of US states and the nation by quarter, by education and by firm size.
with figures as (
    select * from {{ ref('int_job_to_job_margins') }}
),

parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

final as (
    select
        figures.state_iso3 as us_state,
        case
            when figures.state_type = 'subnational' then 'state'
            when figures.state_type = 'sovereign' then 'nation'
            else 'territory'
        end as geo_level,
        figures.industry,
        figures.breakdown,
        figures.education,
        figures.firm_size,
        figures.year,
        figures.quarter,
        {% for measure in [
            'main_jobs_begin', 'main_jobs_end', 'main_hires', 'main_separations', 'ee_hires', 'ee_separations',
            'aq_hires', 'aq_separations', 'j2j_hires', 'j2j_separations', 'nonemployment_hires',
            'nonemployment_separations'
        ] %}
            figures.{{ measure }},
            figures.{{ measure }}_status,
        {% endfor %}
        figures.earnings_before_ee_separation as earnings_before_ee_separation_usd,
        figures.earnings_before_ee_separation_status,
        figures.earnings_after_ee_hire as earnings_after_ee_hire_usd,
        figures.earnings_after_ee_hire_status,
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
