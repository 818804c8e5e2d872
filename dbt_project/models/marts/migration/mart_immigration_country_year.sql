-- How many live in a country who came from elsewhere, and how many come and go in a year, by every publisher?
{%- set of_flows = {
    'foreign_inflow_oecd_persons': ('oecd_mig', 'inflow'),
    'foreign_outflow_oecd_persons': ('oecd_mig', 'outflow'),
    'asylum_inflow_oecd_persons': ('oecd_mig', 'asylum_inflow'),
    'naturalisations_oecd_persons': ('oecd_mig', 'naturalisation'),
    'worker_inflow_oecd_persons': ('oecd_mig', 'worker_inflow'),
    'seasonal_worker_inflow_oecd_persons': ('oecd_mig', 'seasonal_worker_inflow'),
    'immigration_eurostat_persons': ('eurostat_migr_imm1ctz', 'inflow'),
    'emigration_eurostat_persons': ('eurostat_migr_emi1ctz', 'outflow'),
} %}
{%- set of_nationals = {
    'immigration_of_nationals_eurostat_persons': ('eurostat_migr_imm1ctz', 'inflow'),
    'emigration_of_nationals_eurostat_persons': ('eurostat_migr_emi1ctz', 'outflow'),
} %}
{%- set of_stocks = {
    'foreign_born_oecd_persons': ('oecd_mig_popf', 'WLD'),
    'foreigners_oecd_persons': ('oecd_mig', 'WLD'),
    'foreigners_eurostat_persons': ('eurostat_migr_pop1ctz', 'EUROSTAT:FOR_STLS'),
    'migrants_undesa_persons': ('undesa_stock_by_destination', 'WLD'),
    'migrants_undesa_2020_edition_persons': ('undesa_stock_by_destination_2020', 'WLD'),
    'migrants_iab_persons': ('iab_bilateral_stock', 'WLD'),
} %}
{%- set of_entries = ['permanent', 'temporary'] %}
{%- set components = of_stocks.keys() | list + ['migrants_gbmd_persons', 'migrants_wdi_persons']
    + of_flows.keys() | list + of_nationals.keys() | list
    + ['permanent_inflow_oecd_persons', 'temporary_inflow_oecd_persons', 'first_permits'] %}
{%- set tail = 'estimate_kind, source_id, licence, is_publishable, recorded_at' %}

with stocks_of_all_origins as (
    select * from {{ ref('fct_migrant_stock_aggregate') }}
    where destination_type in ('sovereign', 'territory', 'dissolved') and sex = 'T'
),

stocks_by_origin as (
    select * from {{ ref('fct_migrant_stock') }}
    where dataset_id = 'gbmd_bilateral'
    union all
    select
        origin_iso3,
        destination_iso3,
        year,
        sex,
        basis,
        persons,
        obs_status,
        estimate_kind,
        dataset_id,
        source_id,
        licence,
        is_publishable,
        published,
        recorded_at,
        receipt,
        release_id,
        is_synthetic
    from {{ ref('fct_migrant_stock_aggregate') }}
    where
        dataset_id = 'gbmd_bilateral' and origin_type = 'residual'
        and destination_type in ('sovereign', 'territory', 'dissolved')
),

registered_flows as (
    select * from {{ ref('int_registered_flows') }}
),

-- A total by the definition of age that the partners of that reporter and year have.
definitions as (
    select
        dataset_id,
        reporter_iso3,
        year,
        min(age_definition) as age_definition
    from registered_flows
    where age_definition is not null
    group by dataset_id, reporter_iso3, year
),

flows_of_all_partners as (
    select flows.*
    from {{ ref('fct_migration_flow_aggregate') }} as flows
    left join definitions
        on
            flows.dataset_id = definitions.dataset_id
            and flows.reporter_iso3 = definitions.reporter_iso3
            and flows.year = definitions.year
    where
        flows.reporter_type in ('sovereign', 'territory', 'dissolved')
        and flows.partner_iso3 = 'WLD'
        and flows.sex = 'T'
        and coalesce(flows.age_definition, '') = coalesce(definitions.age_definition, flows.age_definition, '')
),

entries as (
    select * from {{ ref('fct_entry_category') }}
),

permits as (
    select * from {{ ref('fct_residence_permit_aggregate') }}
    where
        partner_iso3 = 'WLD' and reason = 'total' and duration = 'total'
        and reporter_type in ('sovereign', 'territory', 'dissolved')
),

indicators as (
    select * from {{ ref('int_figures_in_use') }}
    where indicator_code = 'SM.POP.TOTL'
),

components as (
    {% for component, (dataset, origin) in of_stocks.items() %}
        select
            destination_iso3 as iso3,
            year,
            '{{ component }}' as component,
            persons as value,
            year as component_year,
            case when persons is null then 'not reported' end as missing_reason,
            {{ tail }}
        from stocks_of_all_origins
        where dataset_id = '{{ dataset }}' and origin_iso3 = '{{ origin }}'
        union all
    {% endfor %}
    select
        destination_iso3 as iso3,
        year,
        'migrants_gbmd_persons' as component,
        {{ sum_of_people('persons') }} as value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        {{ tail }}
    from stocks_by_origin
    group by destination_iso3, year, {{ tail }}
    union all
    {% for component, (dataset, measure) in of_flows.items() %}
        select
            reporter_iso3 as iso3,
            year,
            '{{ component }}' as component,
            persons as value,
            year as component_year,
            case when persons is null then 'not reported' end as missing_reason,
            {{ tail }}
        from flows_of_all_partners
        where dataset_id = '{{ dataset }}' and measure = '{{ measure }}'
        union all
    {% endfor %}
    {% for component, (dataset, measure) in of_nationals.items() %}
        select
            reporter_iso3 as iso3,
            year,
            '{{ component }}' as component,
            persons as value,
            year as component_year,
            case when persons is null then 'not reported' end as missing_reason,
            {{ tail }}
        from registered_flows
        where dataset_id = '{{ dataset }}' and measure = '{{ measure }}' and partner_iso3 = reporter_iso3
        union all
    {% endfor %}
    {% for stay in of_entries %}
        select
            iso3,
            year,
            '{{ stay }}_inflow_oecd_persons' as component,
            case when count(persons) = count(*) then {{ sum_of_people('persons') }} end as value,
            year as component_year,
            case when count(persons) < count(*) then 'a category is not reported' end as missing_reason,
            {{ joined_values('estimate_kind') }} as estimate_kind,
            source_id,
            licence,
            is_publishable,
            max(recorded_at) as recorded_at
        from entries
        where stay = '{{ stay }}'
        group by iso3, year, source_id, licence, is_publishable
        union all
    {% endfor %}
    select
        reporter_iso3 as iso3,
        year,
        'first_permits' as component,
        permits as value,
        year as component_year,
        case when permits is null then 'not reported' end as missing_reason,
        {{ tail }}
    from permits
    union all
    select
        iso3,
        year,
        'migrants_wdi_persons' as component,
        value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        {{ tail }}
    from indicators
),

side_by_side as (
    select
        iso3,
        year,
        {{ component_values(components) }},
        {{ component_provenance(components) }}
    from components
    group by iso3, year
    having count(value) > 0
),

final as (
    select
        iso3,
        year,
        {% for component in components %}
            {{ component }},
        {% endfor %}
        {{ share('temporary_inflow_oecd_persons', 'temporary_inflow_oecd_persons + permanent_inflow_oecd_persons') }}
            as temporary_share,
        {{ mart_tail() }}
    from side_by_side
)

select * from final
