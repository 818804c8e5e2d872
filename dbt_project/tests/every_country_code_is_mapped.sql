-- A code that the bridge lacks must stop the build by name: its figures would otherwise stand under no country.
with codes_in_force as (
    select distinct
        dataset_id,
        code_system,
        source_code
    from {{ ref('int_indicator_values') }}
    where iso3 is null
),

listed_codes as (
    select
        listed.dataset_id,
        'world_bank_id' as code_system,
        listed.source_code
    from {{ ref('stg_world_bank__countries') }} as listed
    left join {{ ref('country_code') }} as country_codes
        on
            country_codes.code_system = 'world_bank_id'
            and listed.source_code = country_codes.source_code
    where country_codes.iso3 is null
),

unmapped as (
    select * from codes_in_force
    union
    select * from listed_codes
),

finding as (
    select
        count(*) as n_unmapped,
        {{ joined_values("dataset_id || ': ' || code_system || ' ''' || source_code || ''''") }} as codes
    from unmapped
),

final as (
    select
        {{ stop_with("'country codes that the bridge lacks: ' || codes || '. Next: add a line per code to "
            ~ "dbt_project/seeds/country_code.csv (code_system,source_code,iso3,note).'") }} as sentence
    from finding
    where n_unmapped > 0
)

select * from final
