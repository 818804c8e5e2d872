-- Change log of every dataset of the UIS: they share one shape.
with
{% for dataset_id in [
    'uis_outbound',
    'uis_inbound',
    'uis_mobility_ratios',
    'uis_net_flow',
    'uis_enrolment',
    'uis_spending'
] %}
    {{ dataset_id }} as (
        select
            '{{ dataset_id }}' as dataset_id,
            *
        from {{ change_log('uis', dataset_id) }}
    ),
{% endfor %}
all_datasets as (
    select * from uis_outbound
    union all
    select * from uis_inbound
    union all
    select * from uis_mobility_ratios
    union all
    select * from uis_net_flow
    union all
    select * from uis_enrolment
    union all
    select * from uis_spending
),

final as (
    select
        dataset_id,
        indicatorid as indicator_code,
        geounit as reference_area_code,
        year,
        value,
        magnitude,
        qualifier,
        change,
        recorded_at,
        published,
        receipt,
        part
    from all_datasets
)

select * from final
