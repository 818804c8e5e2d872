-- Does a country gain or lose researchers, and how many of those it has come and go?
{%- set counts = ['active_researchers', 'in_moves', 'return_moves', 'out_moves', 'net_moves'] %}
{%- set conditions = {
    'researchers_per_million': 'SP.POP.SCIE.RD.P6',
    'rd_pct_gdp': 'GB.XPD.RSDV.GD.ZS',
    'patents_resident': 'IP.PAT.RESD',
} %}
{%- set of_oecd = {'researchers_persons': 'researchers_persons', 'rd_pct_gdp_oecd': 'rd_pct_gdp'} %}
{%- set components = counts + conditions.keys() | list + of_oecd.keys() | list %}

with published_counts as (
    select * from {{ ref('fct_scholar_mobility') }}
),

figures as (
    select * from {{ ref('int_figures_in_use') }}
),

-- The scoreboard has more countries and years than the OECD's other flow of the same figures.
scoreboard as (
    select * from {{ ref('fct_science_indicator') }}
    where dataset_id = 'oecd_rd_scoreboard' and value is not null
),

-- The OECD tells authors apart who came anew, returned, stayed and left; MPIDR gives the sums.
oecd_sums as (
    {% for component, parts in {
        'in_moves': {'new_in_moves': 1, 'return_moves': 1},
        'active_researchers': {'new_in_moves': 1, 'return_moves': 1, 'stayers': 1},
        'net_moves': {'new_in_moves': 1, 'return_moves': 1, 'out_moves': -1},
    }.items() %}
        select
            iso3,
            year,
            database,
            '{{ component }}' as measure,
            sum(
                case measure
                    {% for part, sign in parts.items() %}
                        when '{{ part }}' then {{ sign }} * value
                    {% endfor %}
                end
            ) as value,
            min(estimate_kind) as estimate_kind,
            source_id,
            licence,
            is_publishable,
            max(recorded_at) as recorded_at
        from published_counts
        where
            database = 'oecd_scopus'
            and measure in (
                {% for part in parts %}
                    '{{ part }}'{{ ',' if not loop.last }}
                {% endfor %}
            )
        group by iso3, year, database, source_id, licence, is_publishable
        having count(value) = {{ parts | length }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

counts as (
    select
        iso3,
        year,
        database,
        measure,
        value,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from published_counts
    where measure not in ('new_in_moves', 'stayers')
    union all
    select * from oecd_sums
),

country_years as (
    select distinct
        iso3,
        year,
        database
    from counts
),

components as (
    select
        iso3,
        year,
        database,
        measure as component,
        value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from counts
    {% for component, indicator in conditions.items() %}
        union all
        select
            country_years.iso3,
            country_years.year,
            country_years.database,
            '{{ component }}' as component,
            figures.value,
            figures.year as component_year,
            cast(null as varchar) as missing_reason,
            figures.estimate_kind,
            figures.source_id,
            figures.licence,
            figures.is_publishable,
            figures.recorded_at
        from country_years
        inner join figures
            on
                country_years.iso3 = figures.iso3
                and country_years.year = figures.year
        where figures.indicator_code = '{{ indicator }}'
    {% endfor %}
    {% for component, measure in of_oecd.items() %}
        union all
        select
            country_years.iso3,
            country_years.year,
            country_years.database,
            '{{ component }}' as component,
            scoreboard.value,
            scoreboard.year as component_year,
            cast(null as varchar) as missing_reason,
            scoreboard.estimate_kind,
            scoreboard.source_id,
            scoreboard.licence,
            scoreboard.is_publishable,
            scoreboard.recorded_at
        from country_years
        inner join scoreboard
            on
                country_years.iso3 = scoreboard.iso3
                and country_years.year = scoreboard.year
        where scoreboard.measure = '{{ measure }}'
    {% endfor %}
),

side_by_side as (
    select
        iso3,
        year,
        database,
        {{ component_values(components) }},
        {{ component_provenance(components) }}
    from components
    group by iso3, year, database
),

final as (
    select
        iso3,
        year,
        database,
        active_researchers,
        in_moves,
        return_moves,
        out_moves,
        net_moves,
        1000 * {{ share('in_moves', 'active_researchers') }} as in_moves_per_1000,
        1000 * {{ share('out_moves', 'active_researchers') }} as out_moves_per_1000,
        1000 * {{ share('net_moves', 'active_researchers') }} as net_moves_per_1000,
        {{ share('return_moves', 'in_moves') }} as return_share,
        {{ grubel_lloyd('in_moves', 'out_moves') }} as gl_index,
        researchers_per_million,
        researchers_persons,
        rd_pct_gdp,
        rd_pct_gdp_oecd,
        patents_resident,
        year > 2020 and database = 'mpidr_scopus' as is_right_censored,
        {{ mart_tail() }}
    from side_by_side
)

select * from final
