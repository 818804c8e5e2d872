-- Every indicator of the catalog, whether or not a figure of it is in force.
with parts as (
    select * from {{ ref('stg_catalog__parts') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

figures as (
    select * from {{ ref('int_indicator_values') }}
),

versions_in_force as (
    select
        dataset_id,
        indicator_code,
        max(published) as last_published,
        min(case when value is not null then year end) as first_year,
        max(case when value is not null then year end) as last_year,
        count(value) as n_figures
    from figures
    group by dataset_id, indicator_code
),

final as (
    select
        parts.part as indicator_code,
        parts.part_title as indicator_name,
        parts.unit,
        {{ joined_array('parts.concepts') }} as concepts,
        parts.direction,
        parts.method_id,
        parts.successor_code,
        parts.valid_min,
        parts.valid_max,
        parts.bounds_reason,
        parts.dataset_id,
        datasets.dataset_title,
        datasets.citation,
        parts.source_id,
        datasets.licence,
        datasets.is_redistributable as is_publishable,
        versions_in_force.last_published,
        versions_in_force.first_year,
        versions_in_force.last_year,
        coalesce(versions_in_force.n_figures, 0) as n_figures,
        {{ release_columns() }}
    from parts
    inner join datasets
        on parts.dataset_id = datasets.dataset_id
    left join versions_in_force
        on
            parts.dataset_id = versions_in_force.dataset_id
            and parts.part = versions_in_force.indicator_code
    where datasets.holds_indicators
)

select * from final
