-- Residents by education, round and sex: of 15 and older and of working age, natives and foreign-born (DIOC), or all
-- of working age (Barro-Lee, both sexes, tertiary and total only: its levels below are coded otherwise than DIOC's).
{%- set ranges = {'15+': "('0-14')", '15-64': "('0-14', '65-69', '65+', '70+', 'unknown')"} %}
{%- set levels = ['low', 'medium', 'high', 'unknown'] %}
{%- set n_age_groups = 5 %}

with attainment as (
    select * from {{ ref('fct_attainment') }}
),

barro_lee_groups as (
    select
        iso3,
        year,
        age_group,
        max(case when education = 'tertiary_completed' and measure = 'pct' then value end) as tertiary_pct,
        max(case when education = 'total' and measure = 'persons' then value end) as persons,
        min(estimate_kind) as estimate_kind,
        dataset_id,
        source_id,
        licence,
        is_publishable,
        max(recorded_at) as recorded_at
    from attainment
    where dataset_id = 'barro_lee_attainment' and sex = 'T'
    group by iso3, year, age_group, dataset_id, source_id, licence, is_publishable
),

barro_lee as (
    select
        iso3,
        year,
        'T' as sex,
        'all' as population,
        '15-64' as age_range,
        cast(null as double) as low,
        cast(null as double) as medium,
        round({{ exact_sum('tertiary_pct * persons / 100') }}, 6) as high,
        cast(null as double) as unknown,
        round({{ exact_sum('persons') }}, 6) as total,
        min(estimate_kind) as estimate_kind,
        dataset_id,
        source_id,
        licence,
        is_publishable,
        max(recorded_at) as recorded_at
    from barro_lee_groups
    group by iso3, year, dataset_id, source_id, licence, is_publishable
    having count(tertiary_pct * persons) = {{ n_age_groups }}
),

natives as (
    select
        iso3,
        year,
        sex,
        'native' as population,
        education,
        age_group,
        value as persons,
        estimate_kind,
        dataset_id,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from attainment
    where birth_place = 'native' and measure = 'persons'
),

-- By country of residence, whatever the birthplace; of 2015 the file of destinations, which has no birthplaces.
immigrants as (
    {% for relation in ['fct_skilled_stock', 'fct_skilled_stock_aggregate'] %}
        select
            destination_iso3 as iso3,
            year,
            sex,
            {{ "'foreign'" if relation == 'fct_skilled_stock' else 'birth_place' }} as population,
            education,
            age_group,
            persons,
            estimate_kind,
            dataset_id,
            source_id,
            licence,
            is_publishable,
            recorded_at
        from {{ ref(relation) }}
        where
            dataset_id <> 'oecd_dioc_2015'
            -- natives of 2015 are taken from the other file, once
            and {{ "true" if relation == 'fct_skilled_stock' else "(birth_place <> 'native' or year <> 2015)" }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

people as (
    select * from natives
    union all
    select * from immigrants
),

people_by_sex as (
    select
        *,
        sex as of_sex
    from people
    where sex in ('F', 'M')
    union all
    select
        *,
        'T' as of_sex
    from people
),

final as (
    select * from barro_lee
    union all
    {% for age_range, left_out in ranges.items() %}
        select
            iso3,
            year,
            of_sex as sex,
            population,
            '{{ age_range }}' as age_range,
            {% for level in levels %}
                coalesce(
                    round({{ exact_sum("case when education = '" ~ level ~ "' then persons end") }}, 6), 0
                ) as {{ level }},
            {% endfor %}
            round({{ exact_sum('persons') }}, 6) as total,
            min(estimate_kind) as estimate_kind,
            min(dataset_id) as dataset_id,
            source_id,
            licence,
            is_publishable,
            max(recorded_at) as recorded_at
        from people_by_sex
        where age_group not in {{ left_out }}
        group by
            iso3, year, of_sex, population, source_id, licence, is_publishable
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
