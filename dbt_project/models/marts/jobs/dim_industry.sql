-- Industries as the facts spell them: NAICS sectors and LinkedIn's industries, bridged by sections of ISIC.
with sectors as (
    select * from {{ ref('naics_sector') }}
),

sections as (
    select * from {{ ref('isic_section') }}
),

talent_net as (
    select * from {{ ref('fct_talent_net') }}
    where dimension = 'industry'
),

-- A name that changes between years is the newest one's.
named as (
    select
        item_code,
        item_name,
        isic_section,
        row_number() over (partition by item_code order by year desc, recorded_at desc, item_name asc) as nth_newest
    from talent_net
),

industries as (
    select
        'naics' as classification,
        industry,
        title as industry_name,
        industry = '00' as is_total,
        isic_section,
        note
    from sectors
    union all
    select
        'linkedin' as classification,
        item_code as industry,
        item_name as industry_name,
        false as is_total,
        isic_section,
        cast(null as varchar) as note
    from named
    where nth_newest = 1
),

final as (
    select
        industries.classification,
        industries.industry,
        industries.industry_name,
        industries.is_total,
        industries.isic_section,
        sections.title as isic_section_name,
        industries.note,
        {{ release_columns() }}
    from industries
    left join sections
        on industries.isic_section = sections.isic_section
)

select * from final
