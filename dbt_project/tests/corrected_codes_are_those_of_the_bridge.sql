-- A code that the bridge reads as another country than it spells does so because a correction says so, and every such
-- correction stands in the bridge.
with corrections as (
    select * from {{ ref('correction') }}
    where handled_by = 'bridge'
),

country_codes as (
    select * from {{ ref('country_code') }}
),

countries as (
    select iso3 from {{ ref('country') }}
    where entity_type in ('sovereign', 'territory')
),

-- Eurostat's NAM is North America, and UNHCR has three-letter codes of its own (AUS is Austria).
read_otherwise as (
    select
        country_codes.code_system,
        country_codes.source_code,
        country_codes.iso3
    from country_codes
    inner join countries
        on country_codes.source_code = countries.iso3
    where
        country_codes.code_system not in ('eurostat_geo', 'unhcr_code')
        and country_codes.source_code <> country_codes.iso3
),

final as (
    select
        coalesce(corrections.correction_id, 'no correction') as correction_id,
        coalesce(corrections.source_code, read_otherwise.source_code) as source_code,
        corrections.corrected_iso3,
        read_otherwise.iso3 as iso3_of_the_bridge
    from corrections
    full outer join read_otherwise
        on
            corrections.code_system = read_otherwise.code_system
            and corrections.source_code = read_otherwise.source_code
    where
        corrections.corrected_iso3 is null
        or read_otherwise.iso3 is null
        or corrections.corrected_iso3 <> read_otherwise.iso3
)

select * from final
