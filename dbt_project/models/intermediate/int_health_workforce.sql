-- Doctors and nurses by country of training and of work, of every source, in one shape; countries and aggregates alike.
with oecd as (
    {{ in_force(
        ref('stg_oecd__health_workforce'),
        ['part', 'reference_area_code', 'measure', 'unit', 'origin_code', 'training_place', 'year']
    ) }}
),

adovor as (
    {{ in_force(ref('stg_adovor__physicians'), ['part', 'origin_code', 'destination_code', 'year']) }}
),

oecd_workforce as (
    select
        dataset_id,
        part,
        origin_code,
        reference_area_code as destination_code,
        year,
        case health_profession when 'PHYS' then 'doctors' when 'MINU' then 'nurses' else lower(health_profession) end
            as profession,
        case
            when measure = 'STCK' and unit = 'PS' then 'stock'
            when measure = 'STCK' and unit = 'PT_WR_PRF_HLTH' then 'share_pct'
            when measure like 'INFL%' and unit = 'PS' then 'inflow'
            else lower(measure || '_' || unit)
        end as measure,
        case training_place when 'FT' then 'foreign_trained' else lower(training_place) end as training_place,
        value,
        obs_status,
        published,
        recorded_at,
        receipt
    from oecd
),

adovor_workforce as (
    select
        dataset_id,
        part,
        origin_code,
        destination_code,
        year,
        'doctors' as profession,
        'stock' as measure,
        'foreign_trained' as training_place,
        physicians as value,
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from adovor
),

oecd_by_country as (
    {{ under_country_keys('oecd_workforce', {'origin': 'oecd_area', 'destination': 'oecd_area'}) }}
),

adovor_by_country as (
    {{ under_country_keys('adovor_workforce', {'origin': 'adovor', 'destination': 'adovor'}) }}
),

final as (
    select * from oecd_by_country
    union all
    select * from adovor_by_country
)

select * from final
