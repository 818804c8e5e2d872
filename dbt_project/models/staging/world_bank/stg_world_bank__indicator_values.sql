-- Change log of the datasets that speak the indicator protocol, in the publisher's codes.
with
{% for dataset_id in ['wb_wdi', 'wb_wgi', 'wb_education'] %}
    {{ dataset_id }} as (
        select
            '{{ dataset_id }}' as dataset_id,
            *
        from {{ change_log('world_bank', dataset_id) }}
    ),
{% endfor %}
all_datasets as (
    select * from wb_wdi
    union all
    select * from wb_wgi
    union all
    select * from wb_education
),

final as (
    select
        dataset_id,
        indicator_id as indicator_code,
        indicator_name,
        country_id as source_code,
        countryiso3code as published_iso3,
        cast(year as integer) as year,
        value,
        unit as published_unit,
        obs_status,
        decimal as decimals_shown,
        change,
        recorded_at,
        published,
        receipt,
        part
    from all_datasets
)

select * from final
