-- One row per country and year with whatever is known of it: the table to start from.
{%- set persons = {
    'population_persons': 'SP.POP.TOTL',
    'labour_force_persons': 'SL.TLF.TOTL.IN',
    'immigrant_stock_persons': 'SM.POP.TOTL',
    'net_migration_persons': 'SM.POP.NETM',
    'refugees_hosted_persons': 'SM.POP.RHCR.EA',
    'refugees_from_persons': 'SM.POP.RHCR.EO',
    'tertiary_enrolment_persons': 'SE.TER.ENRL',
} %}
{%- set measures = {
    'immigrant_share_pct': 'SM.POP.TOTL.ZS',
    'remittance_usd': 'BX.TRF.PWKR.CD.DT',
    'remittance_pct_gdp': 'BX.TRF.PWKR.DT.GD.ZS',
    'remittance_paid_usd': 'BM.TRF.PWKR.CD.DT',
    'tertiary_enrolment_gross_pct': 'SE.TER.ENRR',
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
{%- set indicators = persons.values() | list + measures.values() | list %}
{%- set columns = persons.keys() | list + measures.keys() | list %}

with figures as (
    select * from {{ ref('int_figures_in_use') }}
),

countries as (
    select * from {{ ref('dim_country') }}
),

skilled_emigration as (
    select * from {{ ref('mart_skilled_emigration') }}
    where sex = 'T' and rate_high is not null
),

push_pull as (
    select * from {{ ref('mart_push_pull_country_year') }}
),

figures_side_by_side as (
    select
        iso3,
        year,
        {% for column, indicator in persons.items() %}
            cast(round(max(case when indicator_code = '{{ indicator }}' then value end), 0) as bigint) as {{ column }},
        {% endfor %}
        {% for column, indicator in measures.items() %}
            max(case when indicator_code = '{{ indicator }}' then value end) as {{ column }},
        {% endfor %}
        {{ joined_values('source_id') }} as source_ids,
        {{ joined_values('licence') }} as licence,
        min(case when is_publishable then 1 else 0 end) = 1 as is_publishable
    from figures
    where
        indicator_code in (
            {% for indicator in indicators %}
                '{{ indicator }}'{{ ',' if not loop.last }}
            {% endfor %}
        )
    group by iso3, year
),

emigration_rates_so_far as (
    select
        figures_side_by_side.iso3,
        figures_side_by_side.year,
        skilled_emigration.rate_high,
        skilled_emigration.rate_high_pct,
        skilled_emigration.method_id,
        skilled_emigration.year as rate_year,
        row_number() over (
            partition by figures_side_by_side.iso3, figures_side_by_side.year
            order by skilled_emigration.year desc, skilled_emigration.method_id asc
        ) as nth_newest
    from figures_side_by_side
    inner join skilled_emigration
        on
            figures_side_by_side.iso3 = skilled_emigration.origin_iso3
            and figures_side_by_side.year >= skilled_emigration.year
),

newest_emigration_rate as (
    select * from emigration_rates_so_far
    where nth_newest = 1
),

final as (
    select
        figures_side_by_side.iso3,
        countries.name_en as country_name,
        countries.region_name,
        countries.income_group_name,
        figures_side_by_side.year,
        {% for column in columns %}
            figures_side_by_side.{{ column }},
        {% endfor %}
        1000.0 * figures_side_by_side.net_migration_persons
        / nullif(figures_side_by_side.population_persons, 0) as net_migration_per_1000,
        newest_emigration_rate.rate_high as skilled_emigration_rate,
        newest_emigration_rate.rate_high_pct as skilled_emigration_rate_pct,
        newest_emigration_rate.method_id as rate_method,
        newest_emigration_rate.rate_year,
        push_pull.push_score,
        push_pull.pull_score,
        (case when newest_emigration_rate.rate_high is null then 0 else 1 end)
        {% for column in columns %}
            + (case when figures_side_by_side.{{ column }} is null then 0 else 1 end)
        {% endfor %}
            as n_components_present,
        {{ columns | length + 1 }} as n_components_total,
        least(
            figures_side_by_side.year,
            coalesce(newest_emigration_rate.rate_year, figures_side_by_side.year)
        ) as oldest_component_year,
        figures_side_by_side.source_ids,
        figures_side_by_side.licence,
        figures_side_by_side.is_publishable,
        {{ release_columns() }}
    from figures_side_by_side
    inner join countries
        on figures_side_by_side.iso3 = countries.iso3
    left join newest_emigration_rate
        on
            figures_side_by_side.iso3 = newest_emigration_rate.iso3
            and figures_side_by_side.year = newest_emigration_rate.year
    left join push_pull
        on
            figures_side_by_side.iso3 = push_pull.iso3
            and figures_side_by_side.year = push_pull.year
)

select * from final
