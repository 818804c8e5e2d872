-- Rates of countries that groups are compared by, one figure a row, whatever fact or mart they stand in.
with figures as (
    select * from {{ ref('int_figures_in_use') }}
),

ranked_measures as (
    select * from {{ ref('ranking_measure') }}
    -- what is counted in heads, dollars or applications says how large a country is
    where unit not in ('persons', 'current US$', 'applications')
),

emigration as (
    select * from {{ ref('fct_skilled_emigration') }}
    where sex = 'T' and education = 'high' and measure = 'rate'
),

methods as (
    select * from {{ ref('method') }}
),

push_pull as (
    select * from {{ ref('mart_push_pull_country_year') }}
),

scientists as (
    select * from {{ ref('mart_scientist_mobility') }}
    where database = 'mpidr_scopus'
),

waste as (
    select * from {{ ref('mart_brain_waste') }}
    where sex = 'T' and age_band = 'Y20-64' and basis = 'citizenship' and origin_group in ('non_eu', 'eu')
),

physicians as (
    select * from {{ ref('mart_medical_drain') }}
),

population as (
    select
        iso3,
        year,
        value as persons
    from figures
    where indicator_code = 'SP.POP.TOTL' and value > 0
),

of_indicators as (
    select
        ranked_measures.measure,
        ranked_measures.title as measure_title,
        ranked_measures.unit,
        figures.iso3,
        figures.year,
        figures.value,
        figures.estimate_kind,
        figures.source_id as source_ids,
        figures.licence,
        figures.is_publishable,
        cast(figures.recorded_at as date) as vintage_max
    from figures
    inner join ranked_measures
        on figures.indicator_code = ranked_measures.indicator_code
    union all
    select
        'net_migration_per_1000' as measure,
        'Net migration per 1000 inhabitants' as measure_title,
        'per 1000 persons' as unit,
        figures.iso3,
        figures.year,
        1000 * figures.value / population.persons as value,
        figures.estimate_kind,
        figures.source_id as source_ids,
        figures.licence,
        figures.is_publishable,
        cast(figures.recorded_at as date) as vintage_max
    from figures
    inner join population
        on
            figures.iso3 = population.iso3
            and figures.year = population.year
    where figures.indicator_code = 'SM.POP.NETM'
    {% for measure, indicator in {
        'refugees_from_per_1000': 'SM.POP.RHCR.EO', 'refugees_hosted_per_1000': 'SM.POP.RHCR.EA',
    }.items() %}
        union all
        select
            '{{ measure }}' as measure,
            {% if measure == 'refugees_from_per_1000' %}
                'Refugees from the country per 1000 inhabitants' as measure_title,
            {% else %}
                'Refugees in the country per 1000 inhabitants' as measure_title,
            {% endif %}
            'per 1000 persons' as unit,
            figures.iso3,
            figures.year,
            1000 * figures.value / population.persons as value,
            figures.estimate_kind,
            figures.source_id as source_ids,
            figures.licence,
            figures.is_publishable,
            cast(figures.recorded_at as date) as vintage_max
        from figures
        inner join population
            on
                figures.iso3 = population.iso3
                and figures.year = population.year
        where figures.indicator_code = '{{ indicator }}'
    {% endfor %}
    {% for measure, said in {
        'outbound_mobility_ratio_pct': ['MOR.5T8.40510', 'Students abroad over tertiary students at home'],
        'inbound_mobility_rate_pct': ['MSEP.5T8', 'Students from abroad over tertiary students'],
    }.items() %}
        union all
        select
            '{{ measure }}' as measure,
            '{{ said[1] }}' as measure_title,
            'percent' as unit,
            iso3,
            year,
            value,
            estimate_kind,
            source_id as source_ids,
            licence,
            is_publishable,
            cast(recorded_at as date) as vintage_max
        from figures
        where indicator_code = '{{ said[0] }}'
    {% endfor %}
),

-- Each method is a measure of its own.
of_skilled_emigration as (
    select
        'skilled_emigration_' || lower(emigration.method_id) || '_pct' as measure,
        'Skilled emigration rate, ' || methods.title as measure_title,
        'percent' as unit,
        emigration.origin_iso3 as iso3,
        emigration.year,
        100 * emigration.value as value,
        emigration.estimate_kind,
        emigration.source_id as source_ids,
        emigration.licence,
        emigration.is_publishable,
        cast(emigration.recorded_at as date) as vintage_max
    from emigration
    inner join methods
        on emigration.method_id = methods.method_id
    where
        'skilled_emigration_' || lower(emigration.method_id) || '_pct' not in (
            select ranked_measures.measure from ranked_measures
        )
),

of_physicians as (
    select
        'medical_drain_' || profession || '_' || collection || '_pct' as measure,
        'Medical brain-drain rate of ' || profession || ', collection ' || collection as measure_title,
        'percent' as unit,
        origin_iso3 as iso3,
        year,
        100 * mbd_rate as value,
        estimate_kind,
        source_ids,
        licence,
        is_publishable,
        vintage_max
    from physicians
),

of_marts as (
    {% for measure, said in {
        'push_score': ['push_score', 'push_pull', 'Push score', 'standard deviations of 2010-2019'],
        'pull_score': ['pull_score', 'push_pull', 'Pull score', 'standard deviations of 2010-2019'],
        'push_pull_balance': [
            'balance', 'push_pull', 'Push score less pull score', 'standard deviations of 2010-2019'
        ],
        'scholars_in_per_1000': [
            'in_moves_per_1000', 'scientists', 'Scholars who came per 1000 active', 'per 1000 scholars'
        ],
        'scholars_out_per_1000': [
            'out_moves_per_1000', 'scientists', 'Scholars who left per 1000 active', 'per 1000 scholars'
        ],
        'scholars_net_per_1000': [
            'net_moves_per_1000', 'scientists', 'Balance of scholars per 1000 active', 'per 1000 scholars'
        ],
    }.items() %}
        select
            '{{ measure }}' as measure,
            '{{ said[2] }}' as measure_title,
            '{{ said[3] }}' as unit,
            iso3,
            year,
            {{ said[0] }} as value,
            estimate_kind,
            source_ids,
            licence,
            is_publishable,
            vintage_max
        from {{ said[1] }}
        union all
    {% endfor %}
    select
        'overqualification_gap_' || origin_group || '_pp' as measure,
        case origin_group
            when 'eu' then 'Over-qualification of citizens of other EU members less that of nationals'
            else 'Over-qualification of citizens from outside the EU less that of nationals'
        end as measure_title,
        'percentage points' as unit,
        iso3,
        year,
        oq_gap_pp as value,
        estimate_kind,
        source_ids,
        licence,
        is_publishable,
        vintage_max
    from waste
),

together as (
    select * from of_indicators
    union all
    select * from of_skilled_emigration
    union all
    select * from of_physicians
    union all
    select * from of_marts
),

final as (
    select
        together.*,
        population.persons as population_persons
    from together
    left join population
        on
            together.iso3 = population.iso3
            and together.year = population.year
    where together.value is not null
)

select * from final
