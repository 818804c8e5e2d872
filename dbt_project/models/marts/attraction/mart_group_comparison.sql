-- How do groups of countries differ, developing and developed above all, in each rate and over the years?
with measures as (
    select * from {{ ref('int_compared_measures') }}
),

groups as (
    select * from {{ ref('bridge_country_group') }}
),

population as (
    select
        iso3,
        year,
        value as population_persons
    from {{ ref('int_figures_in_use') }}
    where indicator_code = 'SP.POP.TOTL' and value > 0
),

years as (
    select distinct year from measures
),

-- A member of a year is one on its last day.
members as (
    select
        groups.group_code,
        groups.group_name,
        groups.group_kind,
        groups.composition,
        groups.iso3,
        years.year,
        population.population_persons
    from groups
    inner join years
        on
            coalesce(extract(year from groups.valid_from) <= years.year, true)
            and coalesce(extract(year from groups.valid_to + interval '1' day) > years.year, true)
    left join population
        on
            groups.iso3 = population.iso3
            and years.year = population.year
),

sizes as (
    select
        group_code,
        group_name,
        group_kind,
        composition,
        year,
        cast(count(*) as integer) as n_members,
        sum(cast(population_persons as bigint)) as population_persons
    from members
    group by group_code, group_name, group_kind, composition, year
),

compared as (
    select
        members.group_code,
        members.year,
        measures.measure,
        max(measures.measure_title) as measure_title,
        max(measures.unit) as unit,
        cast(count(*) as integer) as n_with_figure,
        {{ exact_mean('measures.value') }} as simple_mean,
        {{ exact_sum('measures.value * measures.population_persons') }}
        / nullif(cast(sum(cast(measures.population_persons as bigint)) as double), 0) as weighted_mean,
        {{ percentile('measures.value', 0.5) }} as median,
        min(measures.value) as smallest,
        max(measures.value) as largest,
        sum(cast(measures.population_persons as bigint)) as population_with_figure_persons,
        {{ joined_parts('measures.estimate_kind') }} as estimate_kind,
        {{ joined_parts('measures.source_ids') }} as source_ids,
        {{ joined_parts('measures.licence') }} as licence,
        min(case when measures.is_publishable then 1 else 0 end) = 1 as is_publishable,
        max(measures.vintage_max) as vintage_max
    from members
    inner join measures
        on
            members.iso3 = measures.iso3
            and members.year = measures.year
    group by members.group_code, members.year, measures.measure
),

described as (
    select
        sizes.group_code,
        sizes.group_name,
        sizes.group_kind,
        sizes.composition,
        compared.year,
        compared.measure,
        compared.measure_title,
        compared.unit,
        sizes.n_members,
        compared.n_with_figure,
        compared.simple_mean,
        compared.weighted_mean,
        compared.median,
        compared.smallest,
        compared.largest,
        {{ share('compared.population_with_figure_persons', 'sizes.population_persons') }} as population_coverage_share,
        compared.n_with_figure as n_components_present,
        sizes.n_members as n_components_total,
        compared.year as oldest_component_year,
        case
            when compared.n_with_figure < sizes.n_members
                then cast(sizes.n_members - compared.n_with_figure as varchar) || ' members: no figure'
        end as missing_components,
        compared.estimate_kind,
        compared.source_ids,
        compared.licence,
        compared.is_publishable,
        compared.vintage_max
    from compared
    inner join sizes
        on
            compared.group_code = sizes.group_code
            and compared.year = sizes.year
),

final as (
    select
        group_code,
        group_name,
        group_kind,
        composition,
        year,
        measure,
        measure_title,
        unit,
        simple_mean,
        weighted_mean,
        median,
        smallest,
        largest,
        n_with_figure,
        n_members,
        population_coverage_share,
        {{ mart_tail() }}
    from described
)

select * from final
