-- How many rows and figures every fact has by country and year, for each role that a country plays in it: what
-- coverage is counted from. `figure` is the fact's main measure; `series` tells apart what a fact holds side by side.
-- A view: what one mart reads once.
{{ config(materialized='view') }}
{%- set pair = {'origin': 'origin_iso3', 'destination': 'destination_iso3'} %}
{%- set reported = {'reporter': 'reporter_iso3', 'partner': 'partner_iso3'} %}
{%- set one = {'country': 'iso3'} %}
{%- set states = {'country': "'USA'"} %}
{%- set facts = {
    'fct_asylum_procedure': {'places': pair, 'series': 'measure', 'figure': 'value'},
    'fct_attainment': {'places': one, 'series': 'measure', 'figure': 'value'},
    'fct_displaced_demographic': {'places': pair, 'series': "'persons'", 'figure': 'persons'},
    'fct_displacement': {'places': pair, 'series': 'measure', 'figure': 'persons'},
    'fct_earnings_by_occupation': {'places': one, 'series': 'currency', 'figure': 'monthly_earnings'},
    'fct_employment_by_birth': {'places': one, 'series': 'measure', 'figure': 'rate_pct'},
    'fct_employment_by_occupation': {'places': one, 'series': "'persons'", 'figure': 'persons'},
    'fct_entry_category': {'places': one, 'series': 'stay', 'figure': 'persons'},
    'fct_health_workforce': {'places': pair, 'series': "profession || ' ' || measure", 'figure': 'value'},
    'fct_indicator_value': {'places': one, 'series': 'indicator_code', 'figure': 'value'},
    'fct_job_to_job_firm_size_od': {'places': states, 'series': "'moves'", 'figure': 'j2j_moves'},
    'fct_job_to_job_margin': {'places': states, 'series': 'breakdown', 'figure': 'main_jobs_begin'},
    'fct_job_to_job_od': {'places': states, 'series': "'moves'", 'figure': 'ee_moves'},
    'fct_migrant_stock': {'places': pair, 'series': 'basis', 'figure': 'persons'},
    'fct_migration_flow': {'places': reported, 'series': 'measure', 'figure': 'persons'},
    'fct_overqualification': {'places': one, 'series': 'basis', 'figure': 'rate_pct'},
    'fct_perception': {'places': one, 'series': 'index_code', 'figure': 'score'},
    'fct_remittance': {
        'places': {'sending': 'sending_iso3', 'receiving': 'receiving_iso3'}, 'series': "'remittances_usd'",
        'figure': 'remittances_usd'
    },
    'fct_residence_permit': {'places': reported, 'series': 'reason', 'figure': 'permits'},
    'fct_scholar_flow': {'places': pair, 'series': 'database', 'figure': 'moves'},
    'fct_scholar_mobility': {'places': one, 'series': 'measure', 'figure': 'value'},
    'fct_science_indicator': {'places': one, 'series': 'measure', 'figure': 'value'},
    'fct_skilled_emigration': {'places': {'origin': 'origin_iso3'}, 'series': 'measure', 'figure': 'value'},
    'fct_skilled_stock': {'places': pair, 'series': 'education', 'figure': 'persons'},
    'fct_student_mobility': {'places': pair, 'series': 'measure', 'figure': 'students'},
    'fct_talent_net': {'places': one, 'series': 'dimension', 'figure': 'net_per_10000'},
} %}

with final as (
    {% for fact, known in facts.items() %}
        {% set last_fact = loop.last %}
        {% for role, iso3 in known.places.items() %}
            select
                source_id,
                dataset_id,
                '{{ fact }}' as fact,
                {{ known.series }} as series,
                '{{ role }}' as place_role,
                {{ iso3 }} as iso3,
                year,
                estimate_kind,
                licence,
                is_publishable,
                count(*) as n_obs,
                count({{ known.figure }}) as n_non_null,
                max(published) as last_published,
                max(recorded_at) as last_recorded_at
            from {{ ref(fact) }}
            group by
                source_id, dataset_id, {{ known.series }}, {{ iso3 }}, year, estimate_kind, licence, is_publishable
            {{ 'union all' if not (last_fact and loop.last) }}
        {% endfor %}
    {% endfor %}
)

select * from final
