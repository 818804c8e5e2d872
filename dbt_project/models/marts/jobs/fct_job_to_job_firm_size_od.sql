-- Job-to-job moves of the nation between firm sizes by quarter: margins throughout, cells until 2016Q1.
with figures as (
    select
        moves.*,
        cast(null as varchar) as obs_status
    from (
        {{ in_force(
            ref('stg_lehd__moves_by_firm_size'), ['part', 'origin_firm_size', 'destination_firm_size', 'year', 'quarter']
        ) }}
    ) as moves
),

parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

final as (
    select
        figures.origin_firm_size,
        figures.destination_firm_size,
        figures.year,
        figures.quarter,
        {% for measure in [
            'ee_moves', 'aq_moves', 'j2j_moves', 'ee_stable_moves', 'aq_stable_moves', 'j2j_stable_moves'
        ] %}
            figures.{{ measure }},
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
