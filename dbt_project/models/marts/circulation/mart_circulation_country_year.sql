-- Is it drain or circulation: how many nationals return for each who leaves, how far flows in and out even out, how
-- much of the inflow is temporary, and the same of scholars and students.
{%- set registered = ['emigration_nationals', 'immigration_nationals', 'out_total', 'in_total'] %}
{%- set components = registered + [
    'foreign_in', 'foreign_out', 'permanent_inflow', 'temporary_inflow', 'scholars_in', 'scholars_out', 'students_in',
    'students_out', 'population',
] %}
{%- set indicators = {
    'population': 'SP.POP.TOTL', 'students_in': '26637', 'students_out': 'OE.5T8.40510',
} %}
{%- set least_moves = 100 %}

with flows as (
    select * from {{ ref('fct_migration_flow') }}
    where concept = 'citizenship' and sex = 'T'
),

flows_of_all as (
    select * from {{ ref('fct_migration_flow_aggregate') }}
    where
        concept = 'citizenship'
        and sex = 'T'
        and partner_iso3 = 'WLD'
        and {{ are_countries(['reporter_type']) }}
),

entries as (
    select * from {{ ref('fct_entry_category') }}
),

scholars as (
    select * from {{ ref('fct_scholar_mobility') }}
    where database = 'mpidr_scopus' and measure in ('in_moves', 'out_moves')
),

figures as (
    select * from {{ ref('int_figures_in_use') }}
),

-- Eurostat counts everybody, by either definition of age; what the OECD has is of foreigners only.
flows_of_everybody as (
    select
        reporter_iso3 as iso3,
        year,
        case measure when 'outflow' then 'emigration_nationals' else 'immigration_nationals' end as component,
        age_definition,
        persons,
        obs_status,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from flows
    where dataset_id like 'eurostat_%' and partner_iso3 = reporter_iso3
    union all
    select
        reporter_iso3 as iso3,
        year,
        case measure when 'outflow' then 'out_total' else 'in_total' end as component,
        age_definition,
        persons,
        obs_status,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from flows_of_all
    where dataset_id like 'eurostat_%'
),

-- One definition of age a country and year for both directions: the one with more figures, then completed age.
definitions_of_age as (
    select
        iso3,
        year,
        age_definition,
        row_number() over (
            partition by iso3, year
            order by count(persons) desc, age_definition asc
        ) as nth_best
    from flows_of_everybody
    group by iso3, year, age_definition
),

chosen_flows as (
    select flows_of_everybody.*
    from flows_of_everybody
    inner join definitions_of_age
        on
            flows_of_everybody.iso3 = definitions_of_age.iso3
            and flows_of_everybody.year = definitions_of_age.year
            and flows_of_everybody.age_definition = definitions_of_age.age_definition
    where definitions_of_age.nth_best = 1
),

components as (
    select
        iso3,
        year,
        component,
        persons as value,
        year as component_year,
        case when persons is null then 'not reported' end as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from chosen_flows
    union all
    select
        reporter_iso3 as iso3,
        year,
        case measure when 'outflow' then 'foreign_out' else 'foreign_in' end as component,
        persons as value,
        year as component_year,
        case when persons is null then 'not reported' end as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from flows_of_all
    where dataset_id = 'oecd_mig' and measure in ('inflow', 'outflow')
    union all
    select
        iso3,
        year,
        stay || '_inflow' as component,
        {{ exact_sum('persons') }} as value,
        year as component_year,
        case when count(persons) = 0 then 'not reported' end as missing_reason,
        {{ joined_values('estimate_kind') }} as estimate_kind,
        source_id,
        licence,
        is_publishable,
        max(recorded_at) as recorded_at
    from entries
    group by iso3, year, stay, source_id, licence, is_publishable
    union all
    select
        iso3,
        year,
        case measure when 'in_moves' then 'scholars_in' else 'scholars_out' end as component,
        value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from scholars
    {% for component, indicator in indicators.items() %}
        union all
        select
            iso3,
            year,
            '{{ component }}' as component,
            value,
            year as component_year,
            cast(null as varchar) as missing_reason,
            estimate_kind,
            source_id,
            licence,
            is_publishable,
            recorded_at
        from figures
        where indicator_code = '{{ indicator }}'
    {% endfor %}
),

side_by_side as (
    select
        iso3,
        year,
        {{ component_values(components) }},
        {{ component_provenance(components) }}
    from components
    group by iso3, year
    -- a country and year of which only the population is known says nothing of circulation
    having count(case when component <> 'population' then value end) > 0
),

breaks as (
    select
        iso3,
        year,
        max(case when upper(coalesce(obs_status, '')) like '%B%' then 1 else 0 end) = 1 as has_break,
        min(age_definition) as age_definition
    from chosen_flows
    group by iso3, year
),

-- The pooled ratio takes what five years have of both directions, and no year whose series was broken.
nationals_to_pool as (
    select
        side_by_side.iso3,
        side_by_side.year,
        side_by_side.emigration_nationals,
        side_by_side.immigration_nationals
    from side_by_side
    inner join breaks
        on
            side_by_side.iso3 = breaks.iso3
            and side_by_side.year = breaks.year
    where
        not breaks.has_break
        and side_by_side.emigration_nationals is not null
        and side_by_side.immigration_nationals is not null
),

pooled as (
    select
        side_by_side.iso3,
        side_by_side.year,
        count(*) as n_years_pooled,
        sum(nationals_to_pool.immigration_nationals)
        / nullif(sum(nationals_to_pool.emigration_nationals), 0) as return_ratio_5y
    from side_by_side
    inner join nationals_to_pool
        on
            side_by_side.iso3 = nationals_to_pool.iso3
            and nationals_to_pool.year between side_by_side.year - 4 and side_by_side.year
    group by side_by_side.iso3, side_by_side.year
),

balanced as (
    select
        side_by_side.*,
        breaks.has_break,
        breaks.age_definition,
        pooled.return_ratio_5y,
        pooled.n_years_pooled,
        side_by_side.in_total - side_by_side.out_total as net_total,
        case
            when side_by_side.in_total + side_by_side.out_total >= {{ least_moves }}
                then {{ grubel_lloyd('side_by_side.in_total', 'side_by_side.out_total') }}
        end as gl_index
    from side_by_side
    left join breaks
        on
            side_by_side.iso3 = breaks.iso3
            and side_by_side.year = breaks.year
    left join pooled
        on
            side_by_side.iso3 = pooled.iso3
            and side_by_side.year = pooled.year
),

final as (
    select
        iso3,
        year,
        emigration_nationals as emigration_nationals_persons,
        immigration_nationals as immigration_nationals_persons,
        {{ share('immigration_nationals', 'emigration_nationals') }} as return_ratio,
        return_ratio_5y,
        cast(n_years_pooled as integer) as n_years_pooled,
        in_total as in_total_persons,
        out_total as out_total_persons,
        net_total as net_total_persons,
        gl_index,
        1000 * {{ share('in_total + out_total', 'population') }} as turnover_per_1000,
        age_definition,
        has_break,
        foreign_in as foreign_in_persons,
        foreign_out as foreign_out_persons,
        case
            when foreign_in + foreign_out >= {{ least_moves }} then {{ grubel_lloyd('foreign_in', 'foreign_out') }}
        end as foreign_gl_index,
        permanent_inflow as permanent_inflow_persons,
        temporary_inflow as temporary_inflow_persons,
        {{ share('temporary_inflow', 'temporary_inflow + permanent_inflow') }} as temporary_share,
        scholars_in,
        scholars_out,
        {{ grubel_lloyd('scholars_in', 'scholars_out') }} as scholar_gl_index,
        students_in,
        students_out,
        {{ grubel_lloyd('students_in', 'students_out') }} as student_gl_index,
        case
            when gl_index >= 0.6 then 'circulation'
            when gl_index < 0.4 and net_total < 0 then 'drain'
            when gl_index < 0.4 and net_total > 0 then 'gain'
            when gl_index is not null then 'mixed'
        end as circulation_class,
        {{ mart_tail() }}
    from balanced
)

select * from final
