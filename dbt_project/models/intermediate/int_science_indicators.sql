-- Researchers and spending on research and development as the OECD publishes them twice, in one shape.
with msti as (
    {{ in_force(
        ref('stg_oecd__science_indicators'),
        ['part', 'reference_area_code', 'unit', 'price_base', 'transformation', 'year']
    ) }}
),

scoreboard as (
    {{ in_force(ref('stg_oecd__science_scoreboard'), ['part', 'reference_area_code', 'year']) }}
),

indicators as (
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        case
            when transformation <> '_Z' or price_base <> '_Z'
                then lower(concat_ws('_', measure, unit, price_base, transformation))
            when measure = 'G' and unit = 'PT_B1GQ' then 'rd_pct_gdp'
            when measure = 'T_RS' and unit = 'FTE' then 'researchers_fte'
            when measure = 'T_RS' and unit = 'PS' then 'researchers_persons'
            else lower(concat_ws('_', measure, unit))
        end as measure,
        value,
        obs_status,
        published,
        recorded_at,
        receipt
    from msti
    union all
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        case measure when 'G_XGDP' then 'rd_pct_gdp' when 'TP_RS' then 'researchers_persons' else lower(measure) end
            as measure,
        value,
        obs_status,
        published,
        recorded_at,
        receipt
    from scoreboard
),

final as (
    {{ under_country_keys('indicators', {'country': 'oecd_area'}) }}
)

select * from final
