-- Educational attainment in countries and their NUTS regions.
with changes as (
    select * from {{ change_log('eurostat', 'eurostat_edat_lfse_04') }}
),

final as (
    select
        'eurostat_edat_lfse_04' as dataset_id,
        freq as frequency,
        sex,
        isced11 as education,
        age,
        unit,
        case
            when left(geo, 2) not in ('EA', 'EU') and geo not in ('EEA', 'EFTA') and length(geo) in (3, 4)
                then left(geo, 2)
            else geo
        end as reference_area_code,
        case
            when left(geo, 2) not in ('EA', 'EU') and geo not in ('EEA', 'EFTA') and length(geo) in (3, 4)
                then geo
        end as region_code,
        time_period as year,
        obs_value as rate_pct,
        obs_flag as obs_status,
        conf_status as confidentiality_status,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
