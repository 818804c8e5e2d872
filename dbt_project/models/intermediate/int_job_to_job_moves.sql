-- Job-to-job moves by place and industry of the job left and of the job taken, by education and quarter.
-- A view: its one fact is the table, and a copy of millions of wide rows beside it would serve nobody.
{{ config(materialized='view') }}
{%- set measures = [
    'ee_moves', 'aq_moves', 'ee_stable_moves', 'aq_stable_moves', 'ee_earnings_origin', 'ee_earnings_destination',
    'aq_earnings_origin', 'aq_earnings_destination'
] %}
with published_moves as (
    {{ in_force(
        ref('stg_lehd__moves'),
        [
            'part', 'destination_state_code', 'origin_state_code', 'destination_industry', 'origin_industry',
            'education', 'year', 'quarter'
        ]
    ) }}
),

moves as (
    select
        dataset_id,
        part,
        origin_state_code,
        destination_state_code,
        origin_industry,
        destination_industry,
        education,
        year,
        quarter,
        {% for measure in measures %}
            {{ measure }},
            {{ measure }}_status,
        {% endfor %}
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from published_moves
),

final as (
    {{ under_country_keys('moves', {'origin_state': 'lehd_state', 'destination_state': 'lehd_state'}) }}
)

select * from final
