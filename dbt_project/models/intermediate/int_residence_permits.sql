-- First residence permits by reason, country that gives them and citizenship of who gets them.
with permits_in_force as (
    {{ in_force(
        ref('stg_eurostat__first_permits'), ['part', 'reason', 'citizenship_code', 'reference_area_code', 'year']
    ) }}
),

permits as (
    select
        dataset_id,
        part,
        reference_area_code as reporter_code,
        citizenship_code as partner_code,
        year,
        case reason
            when 'EDUC' then 'education'
            when 'EMP' then 'employment'
            when 'FAM' then 'family'
            when 'OTH' then 'other'
            when 'TOTAL' then 'total'
            else reason
        end as reason,
        lower(duration) as duration,
        permits,
        obs_status,
        published,
        recorded_at,
        receipt
    from permits_in_force
),

final as (
    {{ under_country_keys('permits', {'reporter': 'eurostat_geo', 'partner': 'eurostat_geo'}) }}
)

select * from final
