-- Every country, dissolved state, residual and aggregate that a figure can stand under.
with countries as (
    select * from {{ ref('country') }}
),

country_codes as (
    select * from {{ ref('country_code') }}
),

published_list as (
    {{ in_force(ref('stg_world_bank__countries'), ['source_code']) }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

listed_countries as (
    select
        country_codes.iso3,
        published_list.published_name,
        published_list.region_id,
        published_list.region_name,
        published_list.income_level_id,
        published_list.income_level_name,
        published_list.lending_type_id,
        published_list.capital_city,
        published_list.published,
        published_list.dataset_id
    from published_list
    inner join country_codes
        on
            country_codes.code_system = 'world_bank_id'
            and published_list.source_code = country_codes.source_code
),

final as (
    select
        countries.iso3,
        countries.iso2,
        countries.m49,
        countries.entity_type,
        countries.name_en,
        countries.name_ro,
        countries.name_sr,
        countries.name_sr_latn,
        countries.name_uk,
        listed_countries.published_name,
        case when countries.entity_type <> 'aggregate' then listed_countries.region_id end as region_id,
        case when countries.entity_type <> 'aggregate' then listed_countries.region_name end as region_name,
        case when countries.entity_type <> 'aggregate' then listed_countries.income_level_id end as income_group_id,
        case when countries.entity_type <> 'aggregate' then listed_countries.income_level_name end as income_group_name,
        case when countries.entity_type <> 'aggregate' then listed_countries.lending_type_id end as lending_type_id,
        case when countries.entity_type <> 'aggregate' then listed_countries.capital_city end as capital_city,
        countries.valid_from,
        countries.valid_to,
        countries.valid_to is null as is_current,
        listed_countries.iso3 is not null as is_listed,
        datasets.source_id,
        datasets.licence,
        listed_countries.published,
        {{ release_columns() }}
    from countries
    left join listed_countries
        on countries.iso3 = listed_countries.iso3
    left join datasets
        on listed_countries.dataset_id = datasets.dataset_id
)

select * from final
