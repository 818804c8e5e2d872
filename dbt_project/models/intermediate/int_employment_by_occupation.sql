-- People at work by occupation and place of birth; countries and aggregates alike.
with figures as (
    {{ in_force(
        ref('stg_ilo__employment_by_occupation'),
        ['part', 'reference_area_code', 'sex', 'occupation', 'birth_place', 'year']
    ) }}
),

named as (
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        sex,
        case replace(occupation, 'OCU_ISCO08_', '')
            when 'X' then 'unknown'
            when 'TOTAL' then 'total'
            else replace(occupation, 'OCU_ISCO08_', '')
        end as occupation,
        case birth_place
            when 'CBR_BIR_NATIVE' then 'native'
            when 'CBR_BIR_FOREIGN' then 'foreign'
            when 'CBR_BIR_X' then 'unknown'
            when 'CBR_BIR_TOTAL' then 'total'
        end as birth_place,
        persons,
        obs_status,
        published,
        recorded_at,
        receipt
    from figures
),

final as (
    {{ under_country_keys('named', {'country': 'ilo_area'}) }}
)

select * from final
