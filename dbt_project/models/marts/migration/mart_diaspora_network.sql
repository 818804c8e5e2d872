-- How large is the diaspora of a country, how much of it is highly educated, and in how few countries does it live?
{%- set smallest_network = 3 %}
{%- set components = ['diaspora_total', 'diaspora_tertiary', 'scholars_abroad_flow', 'remittance_usd'] %}
{%- set tail = 'estimate_kind, source_id, licence, is_publishable, recorded_at' %}

with stocks as (
    select
        origin_iso3,
        destination_iso3,
        year,
        dataset_id as stock_source,
        'total' as education,
        persons,
        {{ tail }}
    from {{ ref('int_corridor_stocks') }}
    where sex = 'T' and origin_iso3 <> destination_iso3
),

-- Of 15 and over, by what they learned: not known is in the total and in no level.
skilled as (
    select
        origin_iso3,
        destination_iso3,
        year,
        method_id as stock_source,
        education,
        persons,
        {{ tail }}
    from {{ ref('fct_skilled_stock') }}
    where age_group <> '0-14' and origin_iso3 <> destination_iso3
),

people as (
    select * from stocks
    union all
    select
        origin_iso3,
        destination_iso3,
        year,
        stock_source,
        'total' as education,
        persons,
        {{ tail }}
    from skilled
    union all
    select * from skilled
    where education = 'high'
),

-- A country may stand under two grounds of one dataset, and a level of education under many ages.
hosts as (
    select
        origin_iso3,
        destination_iso3,
        year,
        stock_source,
        education,
        {{ sum_of_people('persons') }} as persons,
        min(estimate_kind) as estimate_kind,
        source_id,
        licence,
        is_publishable,
        max(recorded_at) as recorded_at
    from people
    group by origin_iso3, destination_iso3, year, stock_source, education, source_id, licence, is_publishable
),

sums as (
    select
        origin_iso3,
        year,
        stock_source,
        education,
        {{ sum_of_people('persons') }} as diaspora
    from hosts
    group by origin_iso3, year, stock_source, education
),

ranked_hosts as (
    select
        hosts.*,
        sums.diaspora,
        {{ share('hosts.persons', 'sums.diaspora') }} as share_of_diaspora,
        row_number() over (
            partition by hosts.origin_iso3, hosts.year, hosts.stock_source, hosts.education
            order by hosts.persons desc, hosts.destination_iso3 asc
        ) as place
    from hosts
    inner join sums
        on
            hosts.origin_iso3 = sums.origin_iso3
            and hosts.year = sums.year
            and hosts.stock_source = sums.stock_source
            and hosts.education = sums.education
    where hosts.persons > 0
),

networks as (
    select
        origin_iso3,
        year,
        stock_source,
        education,
        cast(count(*) as integer) as n_destinations,
        max(diaspora) as persons,
        {{ exact_sum('share_of_diaspora * share_of_diaspora') }} as hhi,
        {{ share(sum_of_people('case when place <= 3 then persons end'), 'max(diaspora)') }} as top3_share,
        {% for place in [1, 2, 3] %}
            max(case when place = {{ place }} then destination_iso3 end) as top_destination_{{ place }},
        {% endfor %}
        min(estimate_kind) as estimate_kind,
        source_id,
        licence,
        is_publishable,
        max(recorded_at) as recorded_at
    from ranked_hosts
    group by origin_iso3, year, stock_source, education, source_id, licence, is_publishable
),

-- Concentration among one or two hosts says more of what was asked than of the diaspora.
measured as (
    select
        *,
        case when n_destinations >= {{ smallest_network }} then hhi end as hhi_of_many,
        case when n_destinations >= {{ smallest_network }} then top3_share end as top3_share_of_many
    from networks
),

scholars as (
    select * from {{ ref('fct_scholar_mobility') }}
    where database = 'mpidr_scopus' and measure = 'out_moves'
),

remittances as (
    select * from {{ ref('int_figures_in_use') }}
    where indicator_code = 'BX.TRF.PWKR.CD.DT'
),

diasporas as (
    select * from measured
    where education = 'total'
),

components as (
    select
        origin_iso3,
        year,
        stock_source,
        case education when 'total' then 'diaspora_total' else 'diaspora_tertiary' end as component,
        persons as value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        {{ tail }}
    from measured
    {% for component, relation in {'scholars_abroad_flow': 'scholars', 'remittance_usd': 'remittances'}.items() %}
        union all
        select
            diasporas.origin_iso3,
            diasporas.year,
            diasporas.stock_source,
            '{{ component }}' as component,
            {{ relation }}.value,
            {{ relation }}.year as component_year,
            cast(null as varchar) as missing_reason,
            {{ relation }}.estimate_kind,
            {{ relation }}.source_id,
            {{ relation }}.licence,
            {{ relation }}.is_publishable,
            {{ relation }}.recorded_at
        from diasporas
        inner join {{ relation }}
            on
                diasporas.origin_iso3 = {{ relation }}.iso3
                and diasporas.year = {{ relation }}.year
    {% endfor %}
    union all
    select
        origin_iso3,
        year,
        stock_source,
        'diaspora_tertiary' as component,
        cast(null as double) as value,
        cast(null as integer) as component_year,
        'not told by education' as missing_reason,
        {{ tail }}
    from diasporas
    where stock_source <> 'oecd_dioc'
),

side_by_side as (
    select
        origin_iso3,
        year,
        stock_source,
        {{ component_values(components) }},
        {{ component_provenance(components) }}
    from components
    group by origin_iso3, year, stock_source
),

tertiary as (
    select * from measured
    where education = 'high'
),

final as (
    select
        side_by_side.origin_iso3,
        side_by_side.year,
        side_by_side.stock_source,
        side_by_side.diaspora_total,
        side_by_side.diaspora_tertiary,
        {{ share('side_by_side.diaspora_tertiary', 'side_by_side.diaspora_total') }} as tertiary_share,
        {% for network, prefix in {'diasporas': '', 'tertiary': 'tertiary_'}.items() %}
            {{ network }}.n_destinations as {{ prefix }}n_destinations,
            {{ network }}.hhi_of_many as {{ prefix }}hhi,
            1 / {{ network }}.hhi_of_many as {{ prefix }}effective_destinations,
            {{ network }}.top3_share_of_many as {{ prefix }}top3_share,
            {% for place in [1, 2, 3] %}
                {{ network }}.top_destination_{{ place }} as {{ prefix }}top_destination_{{ place }},
            {% endfor %}
        {% endfor %}
        side_by_side.scholars_abroad_flow,
        side_by_side.remittance_usd,
        case
            when side_by_side.stock_source in ('undesa_stock_by_destination_and_origin', 'gbmd_bilateral')
                then side_by_side.remittance_usd / nullif(side_by_side.diaspora_total, 0)
        end as remittance_per_diaspora,
        {{ mart_tail('side_by_side') }}
    from side_by_side
    inner join diasporas
        on
            side_by_side.origin_iso3 = diasporas.origin_iso3
            and side_by_side.year = diasporas.year
            and side_by_side.stock_source = diasporas.stock_source
    left join tertiary
        on
            side_by_side.origin_iso3 = tertiary.origin_iso3
            and side_by_side.year = tertiary.year
            and side_by_side.stock_source = tertiary.stock_source
)

select * from final
