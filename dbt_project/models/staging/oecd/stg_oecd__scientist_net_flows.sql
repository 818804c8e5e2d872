-- Net flows of scientific authors by country and year, fractional counts.
with changes as (
    select * from {{ change_log('oecd', 'oecd_scientist_annual_flows') }}
),

final as (
    select
        'oecd_scientist_annual_flows' as dataset_id,
        location as reference_area_code,
        var as measure,
        time_period as year,
        obs_value as value,
        obs_status as obs_status,
        obs_status_2 as second_obs_status,
        obs_status_3 as third_obs_status,
        aux_obs_status as obs_status_about,
        aux_obs_status_2 as second_obs_status_about,
        conf_status as confidentiality_status,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
