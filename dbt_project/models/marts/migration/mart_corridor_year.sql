-- What moves between two countries in a year, and who lives there already: every measure of a corridor side by side.
{%- set components = [
    'inflow_dest_reported', 'outflow_orig_reported', 'inflow_of_nationals_oecd', 'inflow_of_nationals_eurostat',
    'outflow_of_nationals_oecd', 'outflow_of_nationals_eurostat', 'stock_birth', 'stock_citizenship', 'stock_mixed',
    'share_of_origin_diaspora', 'migrants_15_and_over', 'tertiary_migrants', 'students_in_dest',
    'students_in_dest_eurostat', 'doctors_in_dest', 'nurses_in_dest', 'scholar_moves', 'remittance_usd_modelled',
    'asylum_applications', 'asylum_inflow_oecd', 'refugees', 'naturalisations', 'first_permits'
] %}
{%- set keys = 'origin_iso3, destination_iso3, year, sex' %}
{%- set kinds = 'estimate_kind, source_id, licence, is_publishable' %}

with components as (
    select * from {{ ref('int_corridor_components') }}
),

-- Matrices fill most pairs with zeros: a corridor has a row in a year in which any of its measures is above zero.
corridors as (
    select distinct {{ keys }}
    from components
    where value > 0
),

-- Half a million corridors have few combinations of sources, and lack few combinations of measures: each kind of figure
-- is a bit, each measure is a bit, and each combination is put into words once.
kinds_of_figures as (
    select distinct {{ kinds }}
    from components
    where value is not null
),

numbered_kinds as (
    select
        *,
        cast(
            power(2, row_number() over (order by source_id, licence, estimate_kind, is_publishable) - 1) as bigint
        ) as kind_bit
    from kinds_of_figures
),

figures as (
    select
        components.*,
        numbered_kinds.kind_bit
    from components
    inner join corridors
        on
            components.origin_iso3 = corridors.origin_iso3
            and components.destination_iso3 = corridors.destination_iso3
            and components.year = corridors.year
            and components.sex = corridors.sex
    inner join numbered_kinds
        on
            components.source_id = numbered_kinds.source_id
            and components.licence = numbered_kinds.licence
            and components.estimate_kind = numbered_kinds.estimate_kind
            and components.is_publishable = numbered_kinds.is_publishable
    where components.value is not null
),

side_by_side as (
    select
        {{ keys }},
        {{ component_values(components) }},
        {% for basis in ['birth', 'citizenship', 'mixed'] %}
            max(case when component = 'stock_{{ basis }}' then stock_dataset_id end) as dataset_of_stock_{{ basis }},
        {% endfor %}
        count(*) as n_figures,
        bit_or(kind_bit) as kinds,
        cast(max(recorded_at) as date) as vintage_max
    from figures
    group by {{ keys }}
),

combinations as (
    select distinct kinds
    from side_by_side
),

combinations_in_words as (
    select
        combinations.kinds,
        {{ joined_values('numbered_kinds.estimate_kind') }} as estimate_kind,
        {{ joined_values('numbered_kinds.source_id') }} as source_ids,
        {{ joined_values('numbered_kinds.licence') }} as licence,
        min(case when numbered_kinds.is_publishable then 1 else 0 end) = 1 as is_publishable
    from combinations
    inner join numbered_kinds
        on combinations.kinds & numbered_kinds.kind_bit <> 0
    group by combinations.kinds
),

measured as (
    select
        *,
        cast(
            {% for component in components %}
                case when {{ component }} is null then 0 else {{ 2 ** loop.index0 }} end{{ ' +' if not loop.last }}
            {% endfor %}
            as integer
        ) as present
    from side_by_side
),

patterns as (
    select distinct present
    from measured
),

patterns_in_words as (
    select
        present,
        cast(
            {% for component in components %}
                case when present & {{ 2 ** loop.index0 }} = 0 then 0 else 1 end{{ ' +' if not loop.last }}
            {% endfor %}
            as integer
        ) as n_components_present,
        nullif(concat_ws(
            '; ',
            {% for component in components %}
                case when present & {{ 2 ** loop.index0 }} = 0 then '{{ component }}: no figure' end
                {{- ',' if not loop.last }}
            {% endfor %}
        ), '') as missing_components
    from patterns
),

described as (
    select
        measured.*,
        -- a second figure of one measure would vanish behind the first
        case
            when measured.n_figures = patterns_in_words.n_components_present then patterns_in_words.n_components_present
            else cast({{ stop_with(
                "'two figures of one measure in corridor ' || measured.origin_iso3 || ' to ' || measured.destination_iso3"
                ~ " || ' of ' || cast(measured.year as varchar) || '. Next: see int_corridor_components.'"
            ) }} as integer)
        end as n_components_present,
        cast({{ components | length }} as integer) as n_components_total,
        measured.year as oldest_component_year,
        patterns_in_words.missing_components,
        combinations_in_words.estimate_kind,
        combinations_in_words.source_ids,
        combinations_in_words.licence,
        combinations_in_words.is_publishable,
        nullif(concat_ws(
            '; ',
            {% for basis in ['birth', 'citizenship', 'mixed'] %}
                'stock_{{ basis }}: ' || measured.dataset_of_stock_{{ basis }}{{ ',' if not loop.last }}
            {% endfor %}
        ), '') as stock_source
    from measured
    inner join combinations_in_words
        on measured.kinds = combinations_in_words.kinds
    inner join patterns_in_words
        on measured.present = patterns_in_words.present
),

arrivals as (
    select
        {{ keys }},
        inflow_dest_reported
    from measured
    where inflow_dest_reported is not null
),

final as (
    select
        {% for key in keys.split(', ') %}
            described.{{ key }},
        {% endfor %}
        described.inflow_dest_reported,
        described.outflow_orig_reported,
        abs(described.inflow_dest_reported - described.outflow_orig_reported) as mirror_abs_gap,
        abs(described.inflow_dest_reported - described.outflow_orig_reported)
        / nullif((described.inflow_dest_reported + described.outflow_orig_reported) / 2, 0) as mirror_rel_gap,
        described.inflow_of_nationals_oecd,
        described.inflow_of_nationals_eurostat,
        described.outflow_of_nationals_oecd,
        described.outflow_of_nationals_eurostat,
        arrivals.inflow_dest_reported as reverse_inflow_reported,
        described.inflow_dest_reported - arrivals.inflow_dest_reported as net_flow,
        {{ grubel_lloyd('described.inflow_dest_reported', 'arrivals.inflow_dest_reported') }} as gl_index,
        described.stock_birth,
        described.stock_citizenship,
        described.stock_mixed,
        described.stock_source,
        described.share_of_origin_diaspora,
        described.migrants_15_and_over,
        described.tertiary_migrants,
        {{ share('described.tertiary_migrants', 'described.migrants_15_and_over') }} as tertiary_share,
        described.students_in_dest,
        described.students_in_dest_eurostat,
        described.doctors_in_dest,
        described.nurses_in_dest,
        described.doctors_in_dest + described.nurses_in_dest as health_workers_in_dest,
        described.scholar_moves,
        described.remittance_usd_modelled,
        described.asylum_applications,
        described.asylum_inflow_oecd,
        described.refugees,
        described.naturalisations,
        described.first_permits,
        {{ mart_tail('described') }}
    from described
    left join arrivals
        on
            described.origin_iso3 = arrivals.destination_iso3
            and described.destination_iso3 = arrivals.origin_iso3
            and described.year = arrivals.year
            and described.sex = arrivals.sex
)

select * from final
