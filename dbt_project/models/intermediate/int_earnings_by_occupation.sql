-- Mean monthly earnings by occupation; countries and aggregates alike.
with figures as (
    {{ in_force(
        ref('stg_ilo__earnings_by_occupation'),
        ['part', 'reference_area_code', 'sex', 'occupation', 'currency', 'year']
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
        replace(currency, 'CUR_TYPE_', '') as currency,
        monthly_earnings,
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
