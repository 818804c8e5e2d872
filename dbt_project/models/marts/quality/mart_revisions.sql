-- What moved after it was first recorded: by how much, when, and between which versions. The first load of an
-- indicator is no revision.
with changes as (
    select * from {{ ref('int_indicator_changes') }}
    where {{ recorded_by_then() }}
),

first_loads as (
    select
        dataset_id,
        indicator_code,
        min(recorded_at) as first_recorded_at
    from changes
    group by dataset_id, indicator_code
),

keys_that_moved as (
    select distinct
        changes.dataset_id,
        changes.indicator_code,
        changes.source_code,
        changes.year
    from changes
    inner join first_loads
        on
            changes.dataset_id = first_loads.dataset_id
            and changes.indicator_code = first_loads.indicator_code
    where changes.recorded_at > first_loads.first_recorded_at
),

histories as (
    select changes.*
    from changes
    inner join keys_that_moved
        on
            changes.dataset_id = keys_that_moved.dataset_id
            and changes.indicator_code = keys_that_moved.indicator_code
            and changes.source_code = keys_that_moved.source_code
            and changes.year = keys_that_moved.year
),

beside_the_time_before as (
    select
        *,
        lag(value) over history as old_value,
        lag(change) over history as old_change,
        lag(published) over history as published_old,
        lag(recorded_at) over history as recorded_at_old
    from histories
    window history as (
        partition by dataset_id, indicator_code, source_code, year
        order by recorded_at
    )
),

moves as (
    select
        beside_the_time_before.*,
        country_codes.iso3,
        parts.unit,
        datasets.source_id,
        datasets.licence,
        datasets.is_redistributable
    from beside_the_time_before
    inner join first_loads
        on
            beside_the_time_before.dataset_id = first_loads.dataset_id
            and beside_the_time_before.indicator_code = first_loads.indicator_code
    inner join {{ ref('country_code') }} as country_codes
        on
            beside_the_time_before.code_system = country_codes.code_system
            and beside_the_time_before.source_code = country_codes.source_code
    inner join {{ ref('country') }} as countries
        on country_codes.iso3 = countries.iso3
    inner join {{ ref('int_datasets') }} as datasets
        on beside_the_time_before.dataset_id = datasets.dataset_id
    left join {{ ref('stg_catalog__parts') }} as parts
        on
            beside_the_time_before.dataset_id = parts.dataset_id
            and beside_the_time_before.indicator_code = parts.part
    where
        beside_the_time_before.recorded_at > first_loads.first_recorded_at
        and countries.entity_type in ('sovereign', 'territory', 'dissolved')
        and (beside_the_time_before.value is not null or beside_the_time_before.old_value is not null)
),

final as (
    select
        dataset_id,
        indicator_code,
        iso3,
        source_code,
        year,
        recorded_at,
        recorded_at_old,
        case
            when change = 'withdraw' then 'withdrawn'
            when old_change is null then 'added'
            when old_change = 'withdraw' then 'restored'
            when old_value is null then 'filled'
            when value is null then 'emptied'
            when value = old_value then 'relabelled'
            else 'revised'
        end as change_kind,
        old_value,
        value as new_value,
        unit,
        value - old_value as absolute_change,
        (value - old_value) / nullif(abs(old_value), 0) as relative_change,
        100 * (value - old_value) / nullif(abs(old_value), 0) as relative_change_pct,
        published_old,
        published as published_new,
        receipt,
        source_id,
        licence,
        is_redistributable as is_publishable,
        {{ release_columns() }}
    from moves
)

select * from final
