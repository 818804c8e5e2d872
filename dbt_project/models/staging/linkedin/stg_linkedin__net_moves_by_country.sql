-- Net moves of members by pair of countries.
with changes as (
    select * from {{ change_log('linkedin', 'linkedin_country') }}
),

final as (
    select
        'linkedin_country' as dataset_id,
        base_country_code as reference_area_code,
        target_country_code as partner_country_code,
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
