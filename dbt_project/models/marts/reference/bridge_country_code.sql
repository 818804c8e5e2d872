-- From each publisher's spelling of a country to the project's key.
with country_codes as (
    select * from {{ ref('country_code') }}
),

final as (
    select
        code_system,
        source_code,
        iso3,
        note,
        {{ release_columns() }}
    from country_codes
)

select * from final
