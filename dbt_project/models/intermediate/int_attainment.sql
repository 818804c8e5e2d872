-- How well the population is educated, of every source in one shape: countries, groups of them and regions alike.
{%- set barro_lee_shares = {
    'no_schooling': 'no_schooling_pct', 'primary': 'primary_pct', 'primary_completed': 'primary_completed_pct',
    'secondary': 'secondary_pct', 'secondary_completed': 'secondary_completed_pct', 'tertiary': 'tertiary_pct',
    'tertiary_completed': 'tertiary_completed_pct',
} %}
{%- set barro_lee_years = {
    'total': 'schooling_years', 'primary': 'primary_schooling_years', 'secondary': 'secondary_schooling_years',
    'tertiary': 'tertiary_schooling_years',
} %}
{%- set eurostat_levels = {'ED0-2': 'low', 'ED3_4': 'medium', 'ED5-8': 'high'} %}
{%- set oecd_levels = {'ISCED11A_0T2': 'low', 'ISCED11A_3_4': 'medium', 'ISCED11A_5T8': 'high'} %}

with barro_lee as (
    {{ in_force(ref('stg_barro_lee__attainment'), ['part', 'reference_area_code', 'sex', 'age_from', 'year']) }}
),

eurostat as (
    {{ in_force(ref('stg_eurostat__attainment'), [
        'part', 'sex', 'age', 'education', 'reference_area_code', 'year'
    ]) }}
),

eurostat_places as (
    select
        *,
        coalesce(region_code, reference_area_code) as place_code
    from {{ ref('stg_eurostat__attainment_by_region') }}
),

eurostat_regions as (
    {{ in_force('eurostat_places', ['part', 'sex', 'education', 'place_code', 'year']) }}
),

oecd as (
    {{ in_force(ref('stg_oecd__attainment_by_birthplace'), [
        'part', 'reference_area_code', 'sex', 'age', 'education', 'education_field', 'measure', 'birth_place',
        'migration_age', 'labour_force_status', 'unit', 'statistical_operation', 'year'
    ]) }}
),

dioc_natives as (
    select * from {{ ref('int_skilled_stock') }}
    where is_native_of_a_country
),

barro_lee_figures as (
    {% for education, column in barro_lee_shares.items() %}
        select
            *,
            '{{ education }}' as education_level,
            'pct' as figure,
            {{ column }} as value
        from barro_lee
        union all
    {% endfor %}
    {% for education, column in barro_lee_years.items() %}
        select
            *,
            '{{ education }}' as education_level,
            'schooling_years' as figure,
            {{ column }} as value
        from barro_lee
        union all
    {% endfor %}
    select
        *,
        'total' as education_level,
        'persons' as figure,
        persons as value
    from barro_lee
),

barro_lee_in_shape as (
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        cast(null as varchar) as region_code,
        year,
        sex,
        cast(age_from as varchar) || '-' || cast(age_to as varchar) as age_group,
        education_level as education,
        'total' as birth_place,
        figure as measure,
        value,
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from barro_lee_figures
),

eurostat_in_shape as (
    {% for relation, region in {'eurostat': 'cast(null as varchar)', 'eurostat_regions': 'region_code'}.items() %}
        select
            dataset_id,
            part,
            reference_area_code as country_code,
            {{ region }} as region_code,
            year,
            sex,
            replace(age, 'Y', '') as age_group,
            case education
                {% for code, level in eurostat_levels.items() %}
                    when '{{ code }}' then '{{ level }}'
                {% endfor %}
                else education
            end as education,
            'total' as birth_place,
            'pct' as measure,
            rate_pct as value,
            obs_status,
            published,
            recorded_at,
            receipt
        from {{ relation }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Errors of estimates, single fields of study and ages at arrival keep their codes: they are figures of their own.
oecd_in_shape as (
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        cast(null as varchar) as region_code,
        year,
        sex,
        replace(replace(age, 'Y', ''), 'T', '-') as age_group,
        case education
            {% for code, level in oecd_levels.items() %}
                when '{{ code }}' then '{{ level }}'
            {% endfor %}
            else education
        end || case when education_field = '_T' then '' else ' ' || education_field end as education,
        case birth_place when 'NB' then 'native' when 'FB' then 'foreign' when '_T' then 'total' else birth_place end
        || case when migration_age in ('_T', '_Z') then '' else ' ' || migration_age end as birth_place,
        case
            when unit = 'PT_POP_SEX_AGE' and statistical_operation = 'OBS' and labour_force_status = 'POP' then 'pct'
            else concat_ws(' ', unit, statistical_operation, labour_force_status)
        end as measure,
        value,
        obs_status,
        published,
        recorded_at,
        receipt
    from oecd
),

barro_lee_by_country as (
    {{ under_country_keys('barro_lee_in_shape', {'country': 'barro_lee'}) }}
),

eurostat_by_country as (
    {{ under_country_keys('eurostat_in_shape', {'country': 'eurostat_geo'}) }}
),

oecd_by_country as (
    {{ under_country_keys('oecd_in_shape', {'country': 'oecd_area'}) }}
),

final as (
    select * from barro_lee_by_country
    union all
    select * from eurostat_by_country
    union all
    select * from oecd_by_country
    union all
    select
        dataset_id,
        part,
        origin_code as country_code,
        cast(null as varchar) as region_code,
        year,
        sex,
        age_group,
        education,
        'native' as birth_place,
        'persons' as measure,
        persons as value,
        obs_status,
        published,
        recorded_at,
        receipt,
        origin_iso3 as iso3,
        origin_type as entity_type
    from dioc_natives
)

select * from final
