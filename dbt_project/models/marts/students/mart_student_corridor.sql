-- How many students of one country study in another, and how many come back the other way?
{%- set components = ['outbound', 'inbound'] %}

with pairs as (
    select * from {{ ref('int_students_enrolled') }}
),

components as (
    {% for component, origin, destination in [
        ('outbound', 'origin_iso3', 'destination_iso3'),
        ('inbound', 'destination_iso3', 'origin_iso3'),
    ] %}
        select
            {{ origin }} as origin_iso3,
            {{ destination }} as destination_iso3,
            year,
            collection,
            '{{ component }}' as component,
            students as value,
            year as component_year,
            missing_reason,
            estimate_kind,
            source_id,
            licence,
            is_publishable,
            recorded_at
        from pairs
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

side_by_side as (
    select
        origin_iso3,
        destination_iso3,
        year,
        collection,
        {{ component_values(components) }},
        {{ component_provenance(components) }}
    from components
    group by origin_iso3, destination_iso3, year, collection
),

final as (
    select
        origin_iso3,
        destination_iso3,
        year,
        collection,
        outbound,
        inbound,
        inbound - outbound as net_flow,
        {{ grubel_lloyd('inbound', 'outbound') }} as gl_index,
        {{ share('outbound', 'sum(outbound) over (partition by origin_iso3, year, collection)') }} as share_of_outbound,
        case
            when outbound is not null
                then cast(rank() over (
                    partition by origin_iso3, year, collection
                    order by outbound desc nulls last
                ) as integer)
        end as host_rank,
        {{ mart_tail() }}
    from side_by_side
)

select * from final
