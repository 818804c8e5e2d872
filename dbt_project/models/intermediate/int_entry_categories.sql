-- Inflows for permanent and for temporary stay by category of entry, countries and aggregates alike.
with permanent_inflows as (
    {{ in_force(ref('stg_oecd__permanent_inflows'), ['part', 'reference_area_code', 'migration_type', 'year']) }}
),

temporary_inflows as (
    {{ in_force(ref('stg_oecd__temporary_inflows'), ['part', 'reference_area_code', 'migration_type', 'year']) }}
),

inflows as (
    {% for stay in ['permanent', 'temporary'] %}
        select
            dataset_id,
            part,
            reference_area_code as country_code,
            year,
            '{{ stay }}' as stay,
            migration_type as category_code,
            persons,
            obs_status,
            published,
            recorded_at,
            receipt
        from {{ stay }}_inflows
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

under_keys as (
    {{ under_country_keys('inflows', {'country': 'oecd_area'}) }}
),

final as (
    select
        *,
        case category_code
            when 'WO' then 'work'
            when 'AC' then 'family_of_workers'
            when 'FA' then 'family'
            when 'FR' then 'free_movement'
            when 'HU' then 'humanitarian'
            when 'OT' then 'other'
            when 'STU' then 'students'
            when 'TRA' then 'trainees'
            when 'INTRA' then 'intra_company_transferees'
            when 'WHM' then 'working_holidaymakers'
            when 'SEAS' then 'seasonal_workers'
            when 'OTH' then 'other'
            else category_code
        end as category
    from under_keys
)

select * from final
