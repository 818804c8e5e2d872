-- Net moves of members by country and industry.
with changes as (
    select * from {{ change_log('linkedin', 'linkedin_industry') }}
),

final as (
    select
        'linkedin_industry' as dataset_id,
        country_code as reference_area_code,
        isic_section_index as isic_section,
        industry_id,
        industry_name,
        year,
        net_per_10k as net_per_10000_members,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
