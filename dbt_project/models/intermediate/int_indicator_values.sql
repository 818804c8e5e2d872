-- Figures in force under the project's country key. A code that the bridge lacks keeps its row, without iso3:
-- a test then stops the build and names it.
with figures_in_force as (
    {{ in_force(ref('int_indicator_changes'), ['dataset_id', 'indicator_code', 'source_code', 'year']) }}
),

country_codes as (
    select * from {{ ref('country_code') }}
),

countries as (
    select * from {{ ref('country') }}
),

final as (
    select
        figures_in_force.dataset_id,
        figures_in_force.indicator_code,
        figures_in_force.code_system,
        figures_in_force.source_code,
        country_codes.iso3,
        countries.entity_type,
        figures_in_force.year,
        figures_in_force.value,
        nullif(figures_in_force.obs_status, '') as obs_status,
        figures_in_force.recorded_at,
        figures_in_force.published,
        figures_in_force.receipt
    from figures_in_force
    left join country_codes
        on
            figures_in_force.code_system = country_codes.code_system
            and figures_in_force.source_code = country_codes.source_code
    left join countries
        on country_codes.iso3 = countries.iso3
)

select * from final
