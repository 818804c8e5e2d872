-- Do the remittances a country receives cover what it spent in public on educating those who left?
{%- set methods = ['dlm_2009', 'iab_2013', 'oecd_dioc'] %}
{%- set years_of_study = 4 %}
{%- set first_year = 1980 %}
{%- set of_the_year = {
    'remittance_usd': 'BX.TRF.PWKR.CD.DT',
    'remittance_pct_gdp': 'BX.TRF.PWKR.DT.GD.ZS',
    'remittance_paid_usd': 'BM.TRF.PWKR.CD.DT',
    'gdp_per_capita_usd': 'NY.GDP.PCAP.CD',
} %}
{%- set before = ['tertiary_spending_pct_gdp_per_capita', 'skilled_emigrants', 'emigrant_stock'] %}
{%- set components = of_the_year.keys() | list + ['remittance_knomad_usd'] + before %}

with figures as (
    select * from {{ ref('int_figures_in_use') }}
),

knomad as (
    select * from {{ ref('fct_remittance_aggregate') }}
    where dataset_id = 'knomad_remittance_inflow' and sending_iso3 = 'WLD'
),

countries as (
    select * from {{ ref('country') }}
    where {{ are_countries(['entity_type']) }}
),

emigrants as (
    select stocks.*
    from {{ ref('fct_migrant_stock_aggregate') }} as stocks
    inner join countries
        on stocks.origin_iso3 = countries.iso3
    where
        stocks.dataset_id = 'undesa_stock_by_origin'
        and stocks.destination_iso3 = 'WLD'
        and stocks.sex = 'T'
        and stocks.persons is not null
),

skilled_abroad as (
    select * from {{ ref('int_skilled_abroad') }}
),

country_years as (
    select
        iso3,
        year
    from figures
    where indicator_code = 'BX.TRF.PWKR.CD.DT' and year >= {{ first_year }}
    union
    select
        knomad.receiving_iso3 as iso3,
        knomad.year
    from knomad
    inner join countries
        on knomad.receiving_iso3 = countries.iso3
    where knomad.year >= {{ first_year }}
),

methods as (
    {% for method in methods %}
        select '{{ method }}' as method_id
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Stocks and the cost of a student are not of every year: the newest that is not after it.
inputs as (
    select
        figures.iso3,
        methods.method_id,
        figures.year,
        'tertiary_spending_pct_gdp_per_capita' as component,
        cast(null as varchar) as stock_basis,
        figures.value,
        figures.estimate_kind,
        figures.source_id,
        figures.licence,
        figures.is_publishable,
        figures.recorded_at
    from figures
    cross join methods
    where figures.indicator_code = 'SE.XPD.TERT.PC.ZS'
    union all
    select
        emigrants.origin_iso3 as iso3,
        methods.method_id,
        emigrants.year,
        'emigrant_stock' as component,
        cast(null as varchar) as stock_basis,
        emigrants.persons as value,
        emigrants.estimate_kind,
        emigrants.source_id,
        emigrants.licence,
        emigrants.is_publishable,
        emigrants.recorded_at
    from emigrants
    cross join methods
    union all
    select
        origin_iso3 as iso3,
        method_id,
        year,
        'skilled_emigrants' as component,
        stock_basis,
        skilled_emigrants as value,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from skilled_abroad
),

newest_first as (
    select
        country_years.iso3,
        country_years.year,
        inputs.method_id,
        inputs.component,
        inputs.stock_basis,
        inputs.value,
        inputs.year as component_year,
        inputs.estimate_kind,
        inputs.source_id,
        inputs.licence,
        inputs.is_publishable,
        inputs.recorded_at,
        row_number() over (
            partition by country_years.iso3, country_years.year, inputs.method_id, inputs.component
            order by inputs.year desc
        ) as place
    from country_years
    inner join inputs
        on
            country_years.iso3 = inputs.iso3
            and country_years.year >= inputs.year
),

components as (
    select
        iso3,
        year,
        method_id,
        component,
        stock_basis,
        value,
        component_year,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from newest_first
    where place = 1
    {% for component, indicator in of_the_year.items() %}
        union all
        select
            country_years.iso3,
            country_years.year,
            methods.method_id,
            '{{ component }}' as component,
            cast(null as varchar) as stock_basis,
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
        cross join methods
        where figures.indicator_code = '{{ indicator }}'
    {% endfor %}
    union all
    select
        country_years.iso3,
        country_years.year,
        methods.method_id,
        'remittance_knomad_usd' as component,
        cast(null as varchar) as stock_basis,
        knomad.remittances_usd as value,
        knomad.year as component_year,
        knomad.missing_reason,
        knomad.estimate_kind,
        knomad.source_id,
        knomad.licence,
        knomad.is_publishable,
        knomad.recorded_at
    from country_years
    inner join knomad
        on
            country_years.iso3 = knomad.receiving_iso3
            and country_years.year = knomad.year
    cross join methods
),

side_by_side as (
    select
        iso3,
        year,
        method_id,
        {{ component_values(components) }},
        max(stock_basis) as stock_basis,
        max(case when component = 'skilled_emigrants' then component_year end) as skilled_stock_year,
        max(case when component = 'tertiary_spending_pct_gdp_per_capita' then component_year end) as cost_year,
        max(case when component = 'emigrant_stock' then component_year end) as emigrant_stock_year,
        {{ component_provenance(components) }}
    from components
    group by iso3, year, method_id
),

costed as (
    select
        *,
        tertiary_spending_pct_gdp_per_capita / 100 * gdp_per_capita_usd
        * {{ years_of_study }} as public_cost_per_tertiary_graduate_usd
    from side_by_side
),

final as (
    select
        iso3,
        year,
        method_id,
        remittance_usd,
        remittance_pct_gdp,
        remittance_paid_usd,
        remittance_knomad_usd,
        emigrant_stock,
        cast(emigrant_stock_year as integer) as emigrant_stock_year,
        {{ share('remittance_usd', 'emigrant_stock') }} as per_emigrant_usd,
        skilled_emigrants,
        cast(skilled_stock_year as integer) as skilled_stock_year,
        stock_basis,
        tertiary_spending_pct_gdp_per_capita,
        cast(cost_year as integer) as cost_year,
        gdp_per_capita_usd,
        public_cost_per_tertiary_graduate_usd,
        skilled_emigrants * public_cost_per_tertiary_graduate_usd as embodied_education_cost_usd,
        {{ share('remittance_usd', '(skilled_emigrants * public_cost_per_tertiary_graduate_usd)') }} as cover_ratio,
        {{ share('skilled_emigrants * public_cost_per_tertiary_graduate_usd', 'remittance_usd') }} as years_to_cover,
        {{ mart_tail() }}
    from costed
)

select * from final
