-- Do the educated gather in the capital and a few other regions, and ever more so?
{%- set components = ['tertiary_pct', 'national_tertiary_pct'] %}
with regions as (
    select * from {{ ref('fct_attainment_aggregate') }}
    where dataset_id = 'eurostat_edat_lfse_04' and education = 'high' and measure = 'pct' and region_code is not null
),

countries as (
    select * from {{ ref('fct_attainment') }}
    where dataset_id = 'eurostat_edat_lfse_04' and education = 'high' and measure = 'pct'
),

capitals as (
    select * from {{ ref('capital_region') }}
),

components as (
    select
        iso3,
        region_code,
        year,
        sex,
        'tertiary_pct' as component,
        value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from regions
    union all
    select
        regions.iso3,
        regions.region_code,
        regions.year,
        regions.sex,
        'national_tertiary_pct' as component,
        countries.value,
        countries.year as component_year,
        cast(null as varchar) as missing_reason,
        countries.estimate_kind,
        countries.source_id,
        countries.licence,
        countries.is_publishable,
        countries.recorded_at
    from regions
    inner join countries
        on
            regions.iso3 = countries.iso3
            and regions.year = countries.year
            and regions.sex = countries.sex
),

-- A share of a small sample is flagged u; one that broke with the year before, b.
flags as (
    select
        region_code,
        year,
        sex,
        obs_status
    from regions
),

side_by_side as (
    select
        iso3,
        region_code,
        year,
        sex,
        {{ component_values(components) }},
        {{ component_provenance(components) }}
    from components
    group by iso3, region_code, year, sex
),

gaps as (
    select
        side_by_side.*,
        flags.obs_status,
        cast(length(side_by_side.region_code) - 2 as integer) as nuts_level,
        side_by_side.tertiary_pct - side_by_side.national_tertiary_pct as gap_pp
    from side_by_side
    inner join flags
        on
            side_by_side.region_code = flags.region_code
            and side_by_side.year = flags.year
            and side_by_side.sex = flags.sex
),

ranked as (
    select
        gaps.*,
        earlier.gap_pp as gap_10_years_before_pp,
        case
            when gaps.tertiary_pct is not null
                then cast(
                    rank() over (
                        partition by gaps.iso3, gaps.nuts_level, gaps.year, gaps.sex
                        order by gaps.tertiary_pct desc nulls last
                    ) as integer
                )
        end as rank_in_country,
        cast(
            count(gaps.tertiary_pct) over (partition by gaps.iso3, gaps.nuts_level, gaps.year, gaps.sex) as integer
        ) as regions_in_country
    from gaps
    left join gaps as earlier
        on
            gaps.region_code = earlier.region_code
            and gaps.sex = earlier.sex
            and gaps.year = earlier.year + 10
),

final as (
    select
        ranked.iso3,
        ranked.region_code,
        ranked.nuts_level,
        ranked.year,
        ranked.sex,
        capitals.title as capital_region_name,
        capitals.region_code is not null as is_capital_region,
        ranked.tertiary_pct,
        ranked.national_tertiary_pct,
        ranked.gap_pp,
        ranked.gap_pp - ranked.gap_10_years_before_pp as gap_change_10_years_pp,
        ranked.rank_in_country,
        ranked.regions_in_country,
        ranked.obs_status,
        {{ mart_tail('ranked') }}
    from ranked
    left join capitals
        on ranked.region_code = capitals.region_code
)

select * from final
