-- Applications for asylum and decisions on them, as wide as UNHCR sends them. Null is what it does not report ("-"), or
-- what the other of the two tables holds.
with applications_in_force as (
    {{ in_force(
        ref('stg_unhcr__asylum_applications'),
        [
            'part', 'year', 'origin_code', 'asylum_code', 'procedure_type', 'application_type', 'decision_level',
            'counted_in'
        ]
    ) }}
),

decisions_in_force as (
    {{ in_force(
        ref('stg_unhcr__asylum_decisions'),
        ['part', 'year', 'origin_code', 'asylum_code', 'procedure_type', 'decision_level', 'counted_in']
    ) }}
),

procedures as (
    {% for table in ['applications', 'decisions'] %}
        select
            dataset_id,
            part,
            origin_code,
            asylum_code as destination_code,
            year,
            procedure_type,
            {{ 'application_type' if table == 'applications' else 'cast(null as varchar)' }} as application_type,
            decision_level,
            case counted_in when 'P' then 'persons' when 'C' then 'cases' else counted_in end as counted_in,
            {{ 'applications' if table == 'applications' else 'cast(null as double)' }} as applications,
            {% for kind in ['decisions', 'recognised', 'otherwise_protected', 'rejected', 'closed'] %}
                {{ kind if table == 'decisions' else 'cast(null as double)' }} as {{ kind }},
            {% endfor %}
            cast(null as varchar) as obs_status,
            published,
            recorded_at,
            receipt
        from {{ table }}_in_force
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    {{ under_country_keys('procedures', {'origin': 'unhcr_iso3', 'destination': 'unhcr_iso3'}) }}
)

select * from final
