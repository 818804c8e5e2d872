-- Net moves of members by country and skill group.
with changes as (
    select * from {{ change_log('linkedin', 'linkedin_skill') }}
),

final as (
    select
        'linkedin_skill' as dataset_id,
        country_code as reference_area_code,
        skill_group_id,
        skill_group_category,
        skill_group_name,
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
