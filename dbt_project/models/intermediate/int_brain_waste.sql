-- Over-qualification beside that of natives, and what it comes to with employment; countries and aggregates alike.
{%- set components = [
    'oq_rate', 'oq_rate_native', 'emp_rate_tertiary_foreign_born', 'emp_rate_tertiary_native_born'
] %}

with rates as (
    select * from {{ ref('fct_overqualification') }}
    union all
    select * from {{ ref('fct_overqualification_aggregate') }}
),

employment as (
    select * from {{ ref('fct_employment_by_birth') }}
    union all
    select * from {{ ref('fct_employment_by_birth_aggregate') }}
),

entities as (
    select * from {{ ref('country') }}
),

named_groups as (
    select * from rates
    where origin_group not in ('no_response', 'unknown')
),

tertiary_employment as (
    select * from employment
    where
        dataset_id = 'oecd_mig_emp_edu'
        and measure = 'employment_rate'
        and education = 'high'
        and birth_place in ('native', 'foreign')
),

-- The OECD has employment where Eurostat has no over-qualification: those rows stand with what there is.
keys as (
    select
        iso3,
        year,
        sex,
        age_group as age_band,
        origin_group,
        basis
    from named_groups
    union
    select
        iso3,
        year,
        sex,
        'Y20-64' as age_band,
        'foreign' as origin_group,
        'birth' as basis
    from tertiary_employment
),

components as (
    select
        keys.*,
        'oq_rate' as component,
        rates.rate_pct / 100 as value,
        rates.year as component_year,
        case
            when rates.obs_status like '%C%' then 'confidential'
            when rates.obs_status like '%u%' then 'too few people in the sample'
        end as missing_reason,
        rates.obs_status,
        rates.estimate_kind,
        rates.source_id,
        rates.licence,
        rates.is_publishable,
        rates.recorded_at
    from keys
    inner join rates
        on
            keys.iso3 = rates.iso3
            and keys.year = rates.year
            and keys.sex = rates.sex
            and keys.age_band = rates.age_group
            and keys.origin_group = rates.origin_group
            and keys.basis = rates.basis
    union all
    select
        keys.*,
        'oq_rate_native' as component,
        rates.rate_pct / 100 as value,
        rates.year as component_year,
        case
            when rates.obs_status like '%C%' then 'confidential'
            when rates.obs_status like '%u%' then 'too few people in the sample'
        end as missing_reason,
        rates.obs_status,
        rates.estimate_kind,
        rates.source_id,
        rates.licence,
        rates.is_publishable,
        rates.recorded_at
    from keys
    inner join rates
        on
            keys.iso3 = rates.iso3
            and keys.year = rates.year
            and keys.sex = rates.sex
            and keys.age_band = rates.age_group
            and keys.basis = rates.basis
    where rates.origin_group in ('nationals', 'native_born')
    {% for birth_place in ['foreign', 'native'] %}
        union all
        select
            keys.*,
            'emp_rate_tertiary_{{ birth_place }}_born' as component,
            tertiary_employment.rate_pct / 100 as value,
            tertiary_employment.year as component_year,
            case
                when keys.basis = 'citizenship' then 'published by place of birth only'
                when keys.origin_group <> 'foreign' then 'published for all foreign-born together'
            end as missing_reason,
            cast(null as varchar) as obs_status,
            tertiary_employment.estimate_kind,
            tertiary_employment.source_id,
            tertiary_employment.licence,
            tertiary_employment.is_publishable,
            tertiary_employment.recorded_at
        from keys
        left join tertiary_employment
            on
                keys.iso3 = tertiary_employment.iso3
                and keys.year = tertiary_employment.year
                and keys.sex = tertiary_employment.sex
                and keys.age_band = 'Y20-64'
                and keys.basis = 'birth'
                and keys.origin_group = 'foreign'
                and tertiary_employment.birth_place = '{{ birth_place }}'
    {% endfor %}
),

side_by_side as (
    select
        iso3,
        year,
        sex,
        age_band,
        origin_group,
        basis,
        {{ component_values(components) }},
        max(case when component = 'oq_rate' then obs_status end) as obs_status,
        max(case when component = 'oq_rate_native' then obs_status end) as obs_status_native,
        {{ component_provenance(components) }}
    from components
    group by iso3, year, sex, age_band, origin_group, basis
),

utilised as (
    select
        *,
        emp_rate_tertiary_foreign_born * (1 - oq_rate) as utilisation_rate_foreign_born,
        emp_rate_tertiary_native_born * (1 - oq_rate_native) as utilisation_rate_native_born
    from side_by_side
),

final as (
    select
        utilised.*,
        entities.entity_type,
        100 * (utilised.oq_rate - utilised.oq_rate_native) as oq_gap_pp,
        utilised.oq_rate / nullif(utilised.oq_rate_native, 0) as oq_ratio,
        1 - utilised.utilisation_rate_foreign_born / nullif(utilised.utilisation_rate_native_born, 0) as waste_index,
        case
            when utilised.oq_rate is null then null
            when concat_ws('', utilised.obs_status, utilised.obs_status_native) like '%u%' then 'unreliable'
            when concat_ws('', utilised.obs_status, utilised.obs_status_native) like '%b%' then 'break in series'
            when concat_ws('', utilised.obs_status, utilised.obs_status_native) like '%d%' then 'definition differs'
            else 'reliable'
        end as reliability_flag
    from utilised
    inner join entities
        on utilised.iso3 = entities.iso3
    where utilised.n_components_present > 0
)

select * from final
