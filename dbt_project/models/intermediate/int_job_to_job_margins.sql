-- Main jobs, hires and separations by place, industry and quarter, by education and by firm size; never by both.
-- A view: its one fact is the table, and a copy of millions of wide rows beside it would serve nobody.
{{ config(materialized='view') }}
{%- set counts = [
    'main_jobs_begin', 'main_jobs_end', 'main_hires', 'main_separations', 'ee_hires', 'ee_separations', 'aq_hires',
    'aq_separations', 'j2j_hires', 'j2j_separations', 'nonemployment_hires', 'nonemployment_separations'
] %}
{%- set earnings = ['earnings_before_ee_separation', 'earnings_after_ee_hire'] %}
with by_education as (
    {{ in_force(
        ref('stg_lehd__flows_by_education'), ['part', 'state_code', 'industry', 'education', 'year', 'quarter']
    ) }}
),

by_firm_size as (
    {{ in_force(
        ref('stg_lehd__flows_by_firm_size'), ['part', 'state_code', 'industry', 'firm_size', 'year', 'quarter']
    ) }}
),

margins as (
    select
        dataset_id,
        part,
        state_code,
        industry,
        'education' as breakdown,
        education,
        '0' as firm_size,
        year,
        quarter,
        {% for measure in counts + earnings %}
            {{ measure }},
            {{ measure }}_status,
        {% endfor %}
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from by_education
    union all
    select
        dataset_id,
        part,
        state_code,
        industry,
        'firm_size' as breakdown,
        'E0' as education,
        firm_size,
        year,
        quarter,
        {% for measure in counts %}
            {{ measure }},
            {{ measure }}_status,
        {% endfor %}
        {% for measure in earnings %}
            cast(null as double) as {{ measure }},
            cast(null as varchar) as {{ measure }}_status,
        {% endfor %}
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from by_firm_size
),

final as (
    {{ under_country_keys('margins', {'state': 'lehd_state'}) }}
)

select * from final
