-- One row per country and year with whatever is known of it: the table to start from. Figures are of that very year,
-- except stocks that are counted in rounds, of which the newest round so far stands with its own year beside it.
{%- set persons = {
    'population_persons': 'SP.POP.TOTL',
    'labour_force_persons': 'SL.TLF.TOTL.IN',
    'immigrant_stock_persons': 'SM.POP.TOTL',
    'net_migration_persons': 'SM.POP.NETM',
    'refugees_hosted_persons': 'SM.POP.RHCR.EA',
    'refugees_from_persons': 'SM.POP.RHCR.EO',
    'tertiary_enrolment_persons': 'SE.TER.ENRL',
    'students_outbound_persons': 'OE.5T8.40510',
    'students_inbound_persons': '26637',
} %}
{%- set measures = {
    'immigrant_share_pct': 'SM.POP.TOTL.ZS',
    'remittance_usd': 'BX.TRF.PWKR.CD.DT',
    'remittance_pct_gdp': 'BX.TRF.PWKR.DT.GD.ZS',
    'remittance_paid_usd': 'BM.TRF.PWKR.CD.DT',
    'tertiary_enrolment_gross_pct': 'SE.TER.ENRR',
    'outbound_mobility_ratio_pct': 'MOR.5T8.40510',
    'tertiary_spending_per_student_pct_gdp_per_capita': 'SE.XPD.TERT.PC.ZS',
    'researchers_per_million': 'SP.POP.SCIE.RD.P6',
    'technicians_per_million': 'SP.POP.TECH.RD.P6',
    'rd_spending_pct_gdp': 'GB.XPD.RSDV.GD.ZS',
    'resident_patent_applications': 'IP.PAT.RESD',
    'physicians_per_1000': 'SH.MED.PHYS.ZS',
    'nurses_per_1000': 'SH.MED.NUMW.P3',
    'health_spending_per_capita_usd': 'SH.XPD.CHEX.PC.CD',
    'under_5_mortality_per_1000': 'SH.DYN.MORT',
    'life_expectancy_years': 'SP.DYN.LE00.IN',
    'unemployment_pct': 'SL.UEM.TOTL.ZS',
    'unemployment_advanced_pct': 'SL.UEM.ADVN.ZS',
    'youth_not_in_work_or_training_pct': 'SL.UEM.NEET.ZS',
    'gdp_growth_pct': 'NY.GDP.MKTP.KD.ZG',
    'gdp_per_capita_usd': 'NY.GDP.PCAP.CD',
    'gdp_per_capita_ppp_2021_usd': 'NY.GDP.PCAP.PP.KD',
    'inflation_pct': 'FP.CPI.TOTL.ZG',
    'control_of_corruption_estimate': 'GOV_WGI_CC.EST',
    'government_effectiveness_estimate': 'GOV_WGI_GE.EST',
    'political_stability_estimate': 'GOV_WGI_PV.EST',
    'rule_of_law_estimate': 'GOV_WGI_RL.EST',
    'regulatory_quality_estimate': 'GOV_WGI_RQ.EST',
    'voice_and_accountability_estimate': 'GOV_WGI_VA.EST',
} %}
{#- of the very year, from other marts: column: (mart, column there, condition) -#}
{%- set of_marts = {
    'return_ratio': ('mart_circulation_country_year', 'return_ratio', 'true'),
    'gl_index': ('mart_circulation_country_year', 'gl_index', 'true'),
    'scholar_net_per_1000': ('mart_scientist_mobility', 'net_moves_per_1000', "database = 'mpidr_scopus'"),
    'push_score': ('mart_push_pull_country_year', 'push_score', 'true'),
    'pull_score': ('mart_push_pull_country_year', 'pull_score', 'true'),
} %}
{#- of the newest round so far: column: (mart, country there, column there, method there, condition) -#}
{%- set of_rounds = {
    'skilled_emigration_rate': ('mart_skilled_emigration', 'origin_iso3', 'rate_high', 'method_id', "sex = 'T'"),
    'skilled_emigrants_persons': (
        'mart_skilled_emigration', 'origin_iso3', 'emigrants_high', 'method_id', "sex = 'T'"
    ),
    'openness_rate': ('mart_skilled_emigration', 'origin_iso3', 'openness', 'method_id', "sex = 'T'"),
    'schooling_gap': ('mart_skilled_emigration', 'origin_iso3', 'schooling_gap', 'method_id', "sex = 'T'"),
    'net_skilled_stock_persons': ('mart_brain_gain', 'iso3', 'net', "'oecd_dioc'", "sex = 'T'"),
    'medical_brain_drain_rate': (
        'mart_medical_drain', 'origin_iso3', 'mbd_rate', 'collection', "profession = 'doctors'"
    ),
} %}
{%- set whole_numbers = persons.keys() | list + [
    'emigrant_stock_persons', 'skilled_emigrants_persons', 'net_skilled_stock_persons'
] %}
{%- set components = persons.keys() | list + measures.keys() | list + of_marts.keys() | list
    + ['fsi_human_flight_score', 'emigrant_stock_persons'] + of_rounds.keys() | list %}

with figures as (
    select * from {{ ref('int_figures_in_use') }}
),

countries as (
    select * from {{ ref('dim_country') }}
),

perceptions as (
    select * from {{ ref('fct_perception') }}
    where index_code = 'fsi_e3'
),

emigrant_stocks as (
    select * from {{ ref('fct_migrant_stock_aggregate') }}
    where dataset_id = 'undesa_stock_by_origin' and destination_iso3 = 'WLD' and sex = 'T'
),

columns_of_indicators as (
    {% for column, indicator in (persons.items() | list + measures.items() | list) %}
        select
            '{{ indicator }}' as indicator_code,
            '{{ column }}' as component
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

of_the_year as (
    select
        figures.iso3,
        figures.year,
        columns_of_indicators.component,
        figures.value,
        figures.estimate_kind,
        figures.source_id,
        figures.licence,
        figures.is_publishable,
        figures.recorded_at
    from figures
    inner join columns_of_indicators
        on figures.indicator_code = columns_of_indicators.indicator_code
    union all
    select
        iso3,
        year,
        'fsi_human_flight_score' as component,
        score as value,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from perceptions
    {% for component, (mart, column, condition) in of_marts.items() %}
        union all
        select
            iso3,
            year,
            '{{ component }}' as component,
            {{ column }} as value,
            estimate_kind,
            source_ids as source_id,
            licence,
            is_publishable,
            vintage_max as recorded_at
        from {{ ref(mart) }}
        where {{ condition }}
    {% endfor %}
),

country_years as (
    select distinct
        iso3,
        year
    from of_the_year
    where value is not null
),

rounds as (
    select
        origin_iso3 as iso3,
        year as component_year,
        'emigrant_stock_persons' as component,
        persons as value,
        dataset_id as method_id,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from emigrant_stocks
    {% for component, (mart, country, column, method, condition) in of_rounds.items() %}
        union all
        select
            {{ country }} as iso3,
            year as component_year,
            '{{ component }}' as component,
            {{ column }} as value,
            {{ method }} as method_id,
            estimate_kind,
            source_ids as source_id,
            licence,
            is_publishable,
            vintage_max as recorded_at
        from {{ ref(mart) }}
        where {{ condition }}
    {% endfor %}
),

-- Whole rounds of one method: a newer round of another method takes the place of an older one.
rounds_so_far as (
    select
        country_years.year,
        rounds.*,
        row_number() over (
            partition by country_years.iso3, country_years.year, rounds.component
            order by rounds.component_year desc, rounds.method_id asc
        ) as nth_newest
    from country_years
    inner join rounds
        on
            country_years.iso3 = rounds.iso3
            and country_years.year >= rounds.component_year
    where rounds.value is not null
),

components as (
    select
        iso3,
        year,
        component,
        value,
        year as component_year,
        cast(null as varchar) as method_id,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from of_the_year
    union all
    select
        iso3,
        year,
        component,
        value,
        component_year,
        method_id,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from rounds_so_far
    where nth_newest = 1
),

side_by_side as (
    select
        iso3,
        year,
        {{ component_values(components) }},
        {% for component, prefix in {
            'skilled_emigration_rate': 'rate', 'skilled_emigrants_persons': 'skilled_emigrants',
            'net_skilled_stock_persons': 'net_skilled_stock',
            'medical_brain_drain_rate': 'medical',
        }.items() %}
            max(case when component = '{{ component }}' then method_id end) as {{ prefix }}_method,
            cast(max(case when component = '{{ component }}' then component_year end) as integer) as {{ prefix }}_year,
        {% endfor %}
        cast(
            max(case when component = 'emigrant_stock_persons' then component_year end) as integer
        ) as emigrant_stock_year,
        {{ component_provenance(components) }}
    from components
    group by iso3, year
    having count(value) > 0
),

final as (
    select
        side_by_side.iso3,
        countries.name_en as country_name,
        countries.region_name,
        countries.income_group_name,
        side_by_side.year,
        {% for column in components %}
            {% if column in whole_numbers %}
                cast(round(side_by_side.{{ column }}, 0) as bigint) as {{ column }},
            {% else %}
                side_by_side.{{ column }},
            {% endif %}
        {% endfor %}
        1000 * {{ share('side_by_side.net_migration_persons', 'side_by_side.population_persons') }}
            as net_migration_per_1000,
        round(100 * side_by_side.skilled_emigration_rate, 2) as skilled_emigration_rate_pct,
        side_by_side.rate_method,
        side_by_side.rate_year,
        side_by_side.skilled_emigrants_method,
        side_by_side.skilled_emigrants_year,
        side_by_side.net_skilled_stock_year,
        side_by_side.medical_method,
        side_by_side.medical_year,
        side_by_side.emigrant_stock_year,
        {{ share(
            'side_by_side.emigrant_stock_persons',
            '(side_by_side.population_persons + side_by_side.emigrant_stock_persons)'
        ) }} as emigrant_share,
        {{ mart_tail('side_by_side') }}
    from side_by_side
    inner join countries
        on side_by_side.iso3 = countries.iso3
)

select * from final
