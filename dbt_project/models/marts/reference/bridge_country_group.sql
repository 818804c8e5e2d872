-- Which country belongs to which group, and since when.
with members as (
    select * from {{ ref('country_group_member') }}
),

groups as (
    select * from {{ ref('country_group') }}
),

countries as (
    select * from {{ ref('dim_country') }}
    where entity_type in ('sovereign', 'territory')
),

-- The World Bank's list says where an economy stands on its day, not where it stood before.
listed as (
    select
        income_group_id as group_code,
        income_group_name as group_name,
        'income' as group_kind,
        iso3
    from countries
    where income_group_id is not null
    union all
    select
        region_id as group_code,
        region_name as group_name,
        'region' as group_kind,
        iso3
    from countries
    where region_id is not null
),

all_members as (
    select
        members.group_code,
        groups.group_name,
        groups.group_kind,
        groups.composition,
        members.iso3,
        members.valid_from,
        members.valid_to,
        groups.definition,
        members.note
    from members
    inner join groups
        on members.group_code = groups.group_code
    union all
    select
        group_code,
        group_name,
        group_kind,
        'one_list' as composition,
        iso3,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        'Economies of the World Bank''s country list as loaded; earlier lists are not published with it' as definition,
        cast(null as varchar) as note
    from listed
),

final as (
    select
        group_code,
        group_name,
        group_kind,
        composition,
        iso3,
        valid_from,
        valid_to,
        definition,
        note,
        {{ release_columns() }}
    from all_members
)

select * from final
