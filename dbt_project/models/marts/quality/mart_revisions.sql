-- What moved after it was first recorded, in any dataset: by how much, when, and between which versions. The first load
-- of a part is no revision. Holds what was recorded in the last `revision_days` days of the lake.
with revisions as (
    select * from {{ ref('int_revisions') }}
),

newest as (
    select max(recorded_at) as newest_recorded_at from revisions
),

country_codes as (
    select
        country_code.code_system,
        country_code.source_code,
        country_code.iso3
    from {{ ref('country_code') }} as country_code
    inner join {{ ref('country') }} as countries
        on country_code.iso3 = countries.iso3
    where countries.entity_type in ('sovereign', 'territory', 'dissolved')
),

parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

final as (
    select
        revisions.dataset_id,
        revisions.part,
        revisions.key_text,
        revisions.column_name,
        country_codes.iso3,
        partner_codes.iso3 as partner_iso3,
        revisions.source_code,
        revisions.year,
        revisions.recorded_at,
        revisions.recorded_at_old,
        case
            when revisions.change = 'withdraw' then 'withdrawn'
            when revisions.old_change is null then 'added'
            when revisions.old_change = 'withdraw' then 'restored'
            when revisions.old_value is null and revisions.new_value is not null then 'filled'
            when revisions.old_value is not null and revisions.new_value is null then 'emptied'
            when revisions.new_value is null then 'relabelled'
            else 'revised'
        end as change_kind,
        revisions.old_value,
        revisions.new_value,
        revisions.old_text,
        revisions.new_text,
        coalesce(revisions.unit, parts.unit) as unit,
        revisions.new_value - revisions.old_value as absolute_change,
        (revisions.new_value - revisions.old_value) / nullif(abs(revisions.old_value), 0) as relative_change,
        100 * (revisions.new_value - revisions.old_value) / nullif(abs(revisions.old_value), 0) as relative_change_pct,
        revisions.published_old,
        revisions.published_new,
        revisions.receipt,
        datasets.source_id,
        datasets.licence,
        datasets.is_redistributable as is_publishable,
        {{ release_columns() }}
    from revisions
    cross join newest
    inner join datasets
        on revisions.dataset_id = datasets.dataset_id
    left join parts
        on
            revisions.dataset_id = parts.dataset_id
            and revisions.part = parts.part
    left join country_codes
        on
            revisions.code_system = country_codes.code_system
            and revisions.source_code = country_codes.source_code
    left join country_codes as partner_codes
        on
            revisions.partner_code_system = partner_codes.code_system
            and revisions.partner_source_code = partner_codes.source_code
    where
        {{ days_between('revisions.recorded_at', 'newest.newest_recorded_at') }} <= {{ var('revision_days') }}
        -- an empty text that gives way to no text, and the other way round, is no news
        and (
            revisions.old_value is not null
            or revisions.new_value is not null
            or coalesce(revisions.old_text, '') <> coalesce(revisions.new_text, '')
        )
)

select * from final
