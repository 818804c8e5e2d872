-- Emigrants of DIOC by education, origin, destination, round and sex: of 15 and older, and of working age (15 to 64).
{%- set ranges = {'15+': "('0-14')", '15-64': "('0-14', '65-69', '65+', '70+', 'unknown')"} %}
{%- set levels = ['low', 'medium', 'high', 'unknown'] %}

with pairs as (
    select * from {{ ref('fct_skilled_stock') }}
),

-- The round of 2015 tells birthplace and education over all destinations together only.
origins as (
    select stocks.*
    from {{ ref('fct_skilled_stock_aggregate') }} as stocks
    inner join {{ ref('country') }} as countries
        on stocks.origin_iso3 = countries.iso3
    where
        stocks.dataset_id = 'oecd_dioc_2015'
        and stocks.birth_place = 'foreign'
        and {{ are_countries(['countries.entity_type']) }}
),

people as (
    {% for relation in ['pairs', 'origins'] %}
        select
            origin_iso3,
            destination_iso3,
            year,
            sex,
            education,
            age_group,
            persons,
            estimate_kind,
            dataset_id,
            source_id,
            licence,
            is_publishable,
            recorded_at
        from {{ relation }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
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
    {% for age_range, left_out in ranges.items() %}
        select
            origin_iso3,
            destination_iso3,
            year,
            of_sex as sex,
            '{{ age_range }}' as age_range,
            {% for level in levels %}
                coalesce(
                    round({{ exact_sum("case when education = '" ~ level ~ "' then persons end") }}, 6), 0
                ) as {{ level }},
            {% endfor %}
            round({{ exact_sum('persons') }}, 6) as total,
            min(estimate_kind) as estimate_kind,
            dataset_id,
            source_id,
            licence,
            is_publishable,
            max(recorded_at) as recorded_at
        from people_by_sex
        where age_group not in {{ left_out }}
        group by
            origin_iso3, destination_iso3, year, of_sex, dataset_id, source_id, licence, is_publishable
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
