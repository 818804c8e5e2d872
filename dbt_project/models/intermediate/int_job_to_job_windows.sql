-- First and last quarter in which moves between two states can be observed.
with published_windows as (
    {{ in_force(ref('stg_lehd__move_windows'), ['part', 'destination_state_code', 'origin_state_code']) }}
),

windows as (
    select
        dataset_id,
        part,
        origin_state_code,
        destination_state_code,
        start_year,
        start_quarter,
        end_year,
        end_quarter,
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from published_windows
),

final as (
    {{ under_country_keys('windows', {'origin_state': 'lehd_state', 'destination_state': 'lehd_state'}) }}
)

select * from final
