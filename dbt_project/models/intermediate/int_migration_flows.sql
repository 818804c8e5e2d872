-- Yearly flows of people as countries register them, of every publisher, in one shape: partner countries, totals,
-- groups and residuals alike. By citizenship the partner is whose nationals move, by residence where from or to.
{%- set eurostat_tables = {
    'immigration_by_citizenship': ('citizenship_code', 'inflow', 'citizenship'),
    'emigration_by_citizenship': ('citizenship_code', 'outflow', 'citizenship'),
    'immigration_by_previous_residence': ('previous_residence_code', 'inflow', 'previous_residence'),
    'emigration_by_next_residence': ('next_residence_code', 'outflow', 'next_residence'),
} %}

with oecd_by_citizenship as (
    {{ in_force(
        ref('stg_oecd__migration_by_citizenship'), ['part', 'reference_area_code', 'citizenship_code', 'sex', 'year']
    ) }}
),

{% for table, (partner, measure, concept) in eurostat_tables.items() %}
    {{ table }} as (
        {{ in_force(ref('stg_eurostat__' ~ table), ['part', partner, 'reference_area_code', 'year']) }}
    ),

{% endfor %}
oecd as (
    select
        dataset_id,
        part,
        reference_area_code as reporter_code,
        citizenship_code as partner_code,
        year,
        sex,
        case measure
            when 'B11' then 'inflow'
            when 'B12' then 'outflow'
            when 'B13' then 'asylum_inflow'
            when 'B16' then 'naturalisation'
            when 'B21' then 'worker_inflow'
            when 'B22' then 'seasonal_worker_inflow'
            else measure
        end as measure,
        'citizenship' as concept,
        cast(null as varchar) as age_definition,
        persons,
        obs_status,
        published,
        recorded_at,
        receipt
    from oecd_by_citizenship
    where measure <> 'B15'
),

eurostat as (
    {% for table, (partner, measure, concept) in eurostat_tables.items() %}
        select
            dataset_id,
            part,
            reference_area_code as reporter_code,
            {{ partner }} as partner_code,
            year,
            sex,
            '{{ measure }}' as measure,
            '{{ concept }}' as concept,
            case age_definition when 'COMPLET' then 'completed' when 'REACH' then 'reached' else age_definition end
                as age_definition,
            persons,
            obs_status,
            published,
            recorded_at,
            receipt
        from {{ table }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

under_keys as (
    {{ under_country_keys('oecd', {'reporter': 'oecd_area', 'partner': 'oecd_area'}) }}
    union all
    {{ under_country_keys('eurostat', {'reporter': 'eurostat_geo', 'partner': 'eurostat_geo'}) }}
),

-- Nationals are those of the reporter itself; by residence a country is not its own partner. A row of Eurostat under
-- the reporter's own code would repeat its row NAT.
under_partners as (
    select
        *,
        case
            when partner_code = 'NAT' and concept = 'citizenship' then 'nationals'
            when dataset_id = 'oecd_mig' and partner_iso3 = reporter_iso3 then 'nationals'
            when partner_code = 'NAT' or partner_iso3 = reporter_iso3 then 'own_country'
            else partner_type
        end as kind_of_partner
    from under_keys
),

final as (
    select
        dataset_id,
        part,
        reporter_code,
        partner_code,
        reporter_iso3,
        reporter_type,
        case when partner_code = 'NAT' then reporter_iso3 else partner_iso3 end as partner_iso3,
        kind_of_partner as partner_type,
        year,
        sex,
        measure,
        concept,
        age_definition,
        persons,
        obs_status,
        published,
        recorded_at,
        receipt
    from under_partners
)

select * from final
