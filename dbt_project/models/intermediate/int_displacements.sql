-- Displaced people by where they come from and where they are, as wide as UNHCR sends them. Null is what it does not
-- report ("-"), or what another of its tables holds.
{%- set tables = {
    'population': [
        'refugees', 'asylum_seekers', 'returned_refugees', 'idps', 'returned_idps', 'stateless', 'others_of_concern',
        'others_in_need_of_protection', 'host_community'
    ],
    'solutions': ['resettlement', 'returned_refugees', 'naturalisation', 'returned_idps'],
    'displaced_by_conflict': ['idps'],
} %}
{%- set measures = tables['population'] + ['resettlement', 'naturalisation'] %}

with
{% for table in tables %}
    {{ table }} as (
        {{ in_force(ref('stg_unhcr__' ~ table), ['part', 'year', 'origin_code', 'asylum_code']) }}
    ),

{% endfor %}
displaced as (
    {% for table, of_table in tables.items() %}
        select
            dataset_id,
            part,
            origin_code,
            asylum_code as destination_code,
            year,
            {% for measure in measures %}
                {% if table == 'displaced_by_conflict' and measure == 'idps' %}
                    persons as idps,
                {% elif measure in of_table %}
                    {{ measure }},
                {% else %}
                    cast(null as double) as {{ measure }},
                {% endif %}
            {% endfor %}
            cast(null as varchar) as obs_status,
            published,
            recorded_at,
            receipt
        from {{ table }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    {{ under_country_keys('displaced', {'origin': 'unhcr_iso3', 'destination': 'unhcr_iso3'}) }}
)

select * from final
