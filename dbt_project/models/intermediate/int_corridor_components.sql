-- Every measure of a corridor in long form: what moves between two countries in a year, and who lives there already.
-- A view: two million rows that one mart reads once.
{{ config(materialized='view') }}
{%- set keys = 'origin_iso3, destination_iso3, year, sex' %}
{%- set tail = 'estimate_kind, source_id, licence, is_publishable, recorded_at' %}
{%- set summed_tail = 'min(estimate_kind) as estimate_kind, source_id, licence, is_publishable, '
    ~ 'max(recorded_at) as recorded_at' %}

with registered_flows as (
    select * from {{ ref('int_registered_flows') }}
    where partner_iso3 <> reporter_iso3
),

other_flows as (
    select * from {{ ref('fct_migration_flow') }}
    where
        partner_iso3 <> reporter_iso3
        and (measure in ('asylum_inflow', 'naturalisation') or (source_id = 'oecd' and sex <> 'T'))
),

stocks as (
    select * from {{ ref('int_corridor_stocks') }}
),

ordered_stocks as (
    select
        *,
        case dataset_id
            {% for dataset in [
                'oecd_mig_popf', 'oecd_mig', 'eurostat_migr_pop3ctb', 'undesa_stock_by_destination_and_origin',
                'iab_bilateral_stock', 'gbmd_bilateral'
            ] %}
                when '{{ dataset }}' then {{ loop.index }}
            {% endfor %}
            else 99
        end as place
    from stocks
),

ranked_stocks as (
    select
        *,
        row_number() over (partition by {{ keys }}, basis order by place asc, dataset_id asc) as preference
    from ordered_stocks
),

ranked_shares as (
    select
        *,
        row_number() over (partition by {{ keys }} order by place asc, dataset_id asc) as preference
    from ordered_stocks
    where share_of_origin_diaspora is not null
),

chosen_stocks as (
    select * from ranked_stocks
    where preference = 1
),

skilled as (
    select
        origin_iso3,
        destination_iso3,
        year,
        sex,
        education,
        persons,
        {{ tail }}
    from {{ ref('fct_skilled_stock') }}
    where age_group <> '0-14' and education <> 'unknown' and origin_iso3 <> destination_iso3
),

skilled_by_sex as (
    select * from skilled
    where sex in ('F', 'M')
    union all
    select
        origin_iso3,
        destination_iso3,
        year,
        'T' as sex,
        education,
        persons,
        {{ tail }}
    from skilled
),

students as (
    select * from {{ ref('fct_student_mobility') }}
    where
        measure = 'enrolled' and breakdown = 'none' and sex = 'T' and education = '5-8' and mobility = 'mobile'
        and origin_iso3 <> destination_iso3
),

health_workers as (
    select * from {{ ref('fct_health_workforce') }}
    where
        dataset_id = 'oecd_health_wfmi' and measure = 'stock' and training_place = 'foreign_trained'
        and origin_iso3 <> destination_iso3
),

scholars as (
    select * from {{ ref('fct_scholar_flow') }}
    where database = 'mpidr_scopus' and origin_iso3 <> destination_iso3
),

remittances as (
    select * from {{ ref('fct_remittance') }}
    where sending_iso3 <> receiving_iso3
),

applications as (
    select * from {{ ref('fct_asylum_procedure') }}
    where
        measure = 'applications' and application_type = 'N' and counted_in = 'persons'
        and origin_iso3 <> destination_iso3
),

displaced as (
    select * from {{ ref('fct_displacement') }}
    where measure = 'refugees' and dataset_id = 'unhcr_population' and origin_iso3 <> destination_iso3
),

permits as (
    select * from {{ ref('fct_residence_permit') }}
    where reason = 'total' and duration = 'total' and partner_iso3 <> reporter_iso3
),

final as (
    select
        case when concept = 'citizenship' then partner_iso3 else origin_iso3 end as origin_iso3,
        case when concept = 'citizenship' then reporter_iso3 else destination_iso3 end as destination_iso3,
        year,
        sex,
        case
            when concept = 'previous_residence' then 'inflow_dest_reported'
            when concept = 'next_residence' then 'outflow_orig_reported'
            else measure || '_of_nationals_' || source_id
        end as component,
        persons as value,
        cast(null as varchar) as stock_dataset_id,
        {{ tail }}
    from registered_flows
    union all
    select
        partner_iso3 as origin_iso3,
        reporter_iso3 as destination_iso3,
        year,
        sex,
        case measure
            when 'asylum_inflow' then 'asylum_inflow_oecd'
            when 'naturalisation' then 'naturalisations'
            else measure || '_of_nationals_oecd'
        end as component,
        persons as value,
        cast(null as varchar) as stock_dataset_id,
        {{ tail }}
    from other_flows
    where measure in ('asylum_inflow', 'naturalisation', 'inflow', 'outflow')
    union all
    select
        {{ keys }},
        'stock_' || basis as component,
        persons as value,
        dataset_id as stock_dataset_id,
        {{ tail }}
    from chosen_stocks
    union all
    select
        {{ keys }},
        'share_of_origin_diaspora' as component,
        share_of_origin_diaspora as value,
        cast(null as varchar) as stock_dataset_id,
        {{ tail }}
    from ranked_shares
    where preference = 1
    union all
    {% for component, condition in {
        'migrants_15_and_over': 'true', 'tertiary_migrants': "education = 'high'"
    }.items() %}
        select
            {{ keys }},
            '{{ component }}' as component,
            {{ sum_of_people('case when ' ~ condition ~ ' then persons else 0 end') }} as value,
            cast(null as varchar) as stock_dataset_id,
            {{ summed_tail }}
        from skilled_by_sex
        group by {{ keys }}, source_id, licence, is_publishable
        union all
    {% endfor %}
    select
        {{ keys }},
        case dataset_id
            when 'oecd_mobile_students' then 'students_in_dest' else 'students_in_dest_eurostat'
        end as component,
        students as value,
        cast(null as varchar) as stock_dataset_id,
        {{ tail }}
    from students
    where dataset_id in ('oecd_mobile_students', 'eurostat_educ_uoe_mobs02')
    union all
    select
        origin_iso3,
        destination_iso3,
        year,
        'T' as sex,
        profession || '_in_dest' as component,
        value,
        cast(null as varchar) as stock_dataset_id,
        {{ tail }}
    from health_workers
    union all
    select
        origin_iso3,
        destination_iso3,
        year,
        'T' as sex,
        'scholar_moves' as component,
        moves as value,
        cast(null as varchar) as stock_dataset_id,
        {{ tail }}
    from scholars
    union all
    select
        receiving_iso3 as origin_iso3,
        sending_iso3 as destination_iso3,
        year,
        'T' as sex,
        'remittance_usd_modelled' as component,
        remittances_usd as value,
        cast(null as varchar) as stock_dataset_id,
        {{ tail }}
    from remittances
    union all
    select
        origin_iso3,
        destination_iso3,
        year,
        'T' as sex,
        'asylum_applications' as component,
        {{ sum_of_people('value') }} as value,
        cast(null as varchar) as stock_dataset_id,
        {{ summed_tail }}
    from applications
    group by origin_iso3, destination_iso3, year, source_id, licence, is_publishable
    union all
    select
        origin_iso3,
        destination_iso3,
        year,
        'T' as sex,
        'refugees' as component,
        persons as value,
        cast(null as varchar) as stock_dataset_id,
        {{ tail }}
    from displaced
    union all
    select
        partner_iso3 as origin_iso3,
        reporter_iso3 as destination_iso3,
        year,
        'T' as sex,
        'first_permits' as component,
        permits as value,
        cast(null as varchar) as stock_dataset_id,
        {{ tail }}
    from permits
)

select * from final
