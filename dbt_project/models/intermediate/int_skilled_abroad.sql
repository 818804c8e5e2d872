-- Tertiary educated people abroad by origin, round and method: counted by the method, or implied by its rate.
{%- set provenance = ['estimate_kind', 'source_id', 'licence', 'is_publishable', 'recorded_at'] %}

with emigration as (
    select * from {{ ref('fct_skilled_emigration') }}
    where sex = 'T' and education = 'high'
),

attainment as (
    select * from {{ ref('fct_attainment') }}
    where
        dataset_id = 'barro_lee_attainment'
        and sex = 'T'
        and birth_place = 'total'
        and age_group in ('25-34', '35-44', '45-54', '55-64')
),

dioc as (
    select
        origin_iso3,
        year,
        'oecd_dioc' as method_id,
        'counted' as stock_basis,
        round({{ exact_sum('high') }}, 6) as skilled_emigrants,
        min(estimate_kind) as estimate_kind,
        source_id,
        licence,
        is_publishable,
        max(recorded_at) as recorded_at
    from {{ ref('int_skilled_emigrants') }}
    where sex = 'T' and age_range = '15+'
    group by origin_iso3, year, source_id, licence, is_publishable
),

counted as (
    select
        origin_iso3,
        year,
        method_id,
        'counted' as stock_basis,
        value as skilled_emigrants,
        {{ provenance | join(', ') }}
    from emigration
    where measure = 'emigrants'
),

shares_of_residents as (
    select
        iso3,
        year,
        age_group,
        max(case when measure = 'pct' and education = 'tertiary' then value end) as tertiary_pct,
        max(case when measure = 'persons' and education = 'total' then value end) as persons,
        source_id as residents_source_id,
        max(recorded_at) as recorded_at
    from attainment
    group by iso3, year, age_group, source_id
),

skilled_residents as (
    select
        iso3,
        year,
        {{ exact_sum('tertiary_pct * persons / 100') }} as skilled_residents,
        max(recorded_at) as recorded_at
    from shares_of_residents
    group by iso3, year
    having count(tertiary_pct * persons) = 4
),

-- Who publishes a rate only: rate = emigrants / (emigrants + residents), solved for the emigrants.
implied as (
    select
        emigration.origin_iso3,
        emigration.year,
        emigration.method_id,
        'implied' as stock_basis,
        emigration.value / (1 - emigration.value) * skilled_residents.skilled_residents as skilled_emigrants,
        emigration.estimate_kind,
        emigration.source_id,
        emigration.licence,
        emigration.is_publishable,
        greatest(emigration.recorded_at, skilled_residents.recorded_at) as recorded_at
    from emigration
    inner join skilled_residents
        on
            emigration.origin_iso3 = skilled_residents.iso3
            and emigration.year = skilled_residents.year
    where
        emigration.measure = 'rate'
        and emigration.method_id = 'iab_2013'
        and emigration.value < 1
),

final as (
    {% for relation in ['dioc', 'counted', 'implied'] %}
        select
            origin_iso3,
            year,
            method_id,
            stock_basis,
            skilled_emigrants,
            {{ provenance | join(', ') }}
        from {{ relation }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
