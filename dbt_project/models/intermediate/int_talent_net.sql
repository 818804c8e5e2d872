-- Net moves of LinkedIn's members by country and, of the three sheets in one shape, partner, industry or skill group.
with by_partner as (
    {{ in_force(
        ref('stg_linkedin__net_moves_by_country'), ['part', 'reference_area_code', 'partner_country_code', 'year']
    ) }}
),

by_industry as (
    {{ in_force(ref('stg_linkedin__net_moves_by_industry'), ['part', 'reference_area_code', 'industry_id', 'year']) }}
),

by_skill as (
    {{ in_force(ref('stg_linkedin__net_moves_by_skill'), ['part', 'reference_area_code', 'skill_group_id', 'year']) }}
),

net_moves as (
    select
        dataset_id,
        part,
        'country' as dimension,
        reference_area_code as country_code,
        partner_country_code as partner_code,
        cast(null as varchar) as item_code,
        cast(null as varchar) as item_name,
        cast(null as varchar) as isic_section,
        cast(null as varchar) as skill_category,
        year,
        net_per_10000_members as net_per_10000,
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from by_partner
    union all
    select
        dataset_id,
        part,
        'industry' as dimension,
        reference_area_code as country_code,
        cast(null as varchar) as partner_code,
        industry_id as item_code,
        industry_name as item_name,
        isic_section,
        cast(null as varchar) as skill_category,
        year,
        net_per_10000_members as net_per_10000,
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from by_industry
    union all
    select
        dataset_id,
        part,
        'skill' as dimension,
        reference_area_code as country_code,
        cast(null as varchar) as partner_code,
        skill_group_id as item_code,
        skill_group_name as item_name,
        cast(null as varchar) as isic_section,
        skill_group_category as skill_category,
        year,
        net_per_10000_members as net_per_10000,
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from by_skill
),

final as (
    {{ under_country_keys('net_moves', {'country': 'iso2_lower', 'partner': 'iso2_lower'}) }}
)

select * from final
