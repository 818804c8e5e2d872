-- US states and the District of Columbia, and the nation they make up, with the codes that job flows come under.
with country_codes as (
    select * from {{ ref('country_code') }}
    where code_system = 'lehd_state'
),

entities as (
    select * from {{ ref('country') }}
),

final as (
    select
        entities.iso3 as us_state,
        entities.name_en as state_name,
        case
            when entities.entity_type = 'subnational' then 'state'
            when entities.entity_type = 'sovereign' then 'nation'
            else 'territory'
        end as geo_level,
        max(case when country_codes.source_code < 'a' then country_codes.source_code end) as fips_code,
        max(case when country_codes.source_code >= 'a' then upper(country_codes.source_code) end) as postal_code,
        {{ release_columns() }}
    from country_codes
    inner join entities
        on country_codes.iso3 = entities.iso3
    group by entities.iso3, entities.name_en, entities.entity_type
)

select * from final
