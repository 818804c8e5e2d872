-- Persons by residence, birthplace, sex, education and age, of every round of DIOC in one shape; natives too.
{%- set census_ages = {
    '1': '15-19', '2': '20-24', '3': '25-29', '4': '30-34', '5': '35-39', '6': '40-44', '7': '45-49', '8': '50-54',
    '9': '55-59', '10': '60-64', '11': '65-69', '12': '70+',
} %}
{%- set ages_of_2010 = {
    '1': '0-14', '2': '15-24', '3': '25-34', '4': '35-44', '5': '45-54', '6': '55-64', '7': '65+',
} %}
{%- set broad_ages = {'0': '0-14', '1': '15-24', '2': '25-64', '3': '65+', '12': '15-64'} %}
{%- set not_coded = "('9', '99', '-')" %}

with round_2000 as (
    {{ in_force(ref('stg_oecd_dioc__round_2000'), [
        'part', 'destination_code', 'origin_code', 'foreign_born', 'sex', 'education', 'census_age_group',
        'survey_age_group'
    ]) }}
),

round_2005 as (
    {{ in_force(ref('stg_oecd_dioc__round_2005'), [
        'part', 'destination_code', 'origin_code', 'foreign_born', 'sex', 'education', 'census_age_group',
        'survey_age_group'
    ]) }}
),

round_2010 as (
    {{ in_force(ref('stg_oecd_dioc__round_2010'), [
        'part', 'destination_code', 'origin_code', 'foreign_born', 'sex', 'education', 'age_group'
    ]) }}
),

round_2015_by_origin as (
    {{ in_force(ref('stg_oecd_dioc__round_2015_by_origin'), [
        'part', 'origin_code', 'foreign_born', 'sex', 'education', 'survey_age_group'
    ]) }}
),

round_2015_by_destination as (
    {{ in_force(ref('stg_oecd_dioc__round_2015_by_destination'), [
        'part', 'destination_code', 'origin_region', 'foreign_born', 'sex', 'education', 'survey_age_group'
    ]) }}
),

round_2020 as (
    {{ in_force(ref('stg_oecd_dioc__round_2020'), [
        'part', 'destination_code', 'origin_code', 'foreign_born', 'sex', 'education', 'age_group'
    ]) }}
),

-- Where a reporter leaves the census groups empty, those of its labour force survey stand.
pairs as (
    {% for round in [2000, 2005] %}
        select
            dataset_id,
            part,
            destination_code,
            origin_code,
            foreign_born,
            {{ round }} as year,
            sex,
            education,
            case
                when census_age_group in {{ not_coded }}
                    then
                        case
                            when survey_age_group in {{ not_coded }} then 'unknown'
                            {% for code, age in broad_ages.items() %}
                                when survey_age_group = '{{ code }}' then '{{ age }}'
                            {% endfor %}
                            else survey_age_group
                        end
                {% for code, age in census_ages.items() %}
                    when census_age_group = '{{ code }}' then '{{ age }}'
                {% endfor %}
                else census_age_group
            end as age_group,
            persons,
            published,
            recorded_at,
            receipt
        from round_{{ round }}
        union all
    {% endfor %}
    {% for round, ages in {2010: ages_of_2010, 2020: broad_ages}.items() %}
        select
            dataset_id,
            part,
            destination_code,
            origin_code,
            foreign_born,
            {{ round }} as year,
            sex,
            education,
            case
                when age_group in {{ not_coded }} then 'unknown'
                {% for code, age in ages.items() %}
                    when age_group = '{{ code }}' then '{{ age }}'
                {% endfor %}
                else age_group
            end as age_group,
            persons,
            published,
            recorded_at,
            receipt
        from round_{{ round }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- The file of origins has all destinations of the round together, that of destinations regions of birth.
origins as (
    select
        dataset_id,
        part,
        'OECD' as destination_code,
        origin_code,
        foreign_born,
        2015 as year,
        sex,
        education,
        case
            when survey_age_group in {{ not_coded }} then 'unknown'
            {% for code, age in broad_ages.items() %}
                when survey_age_group = '{{ code }}' then '{{ age }}'
            {% endfor %}
            else survey_age_group
        end as age_group,
        persons,
        published,
        recorded_at,
        receipt
    from round_2015_by_origin
),

destinations as (
    select
        dataset_id,
        part,
        destination_code,
        origin_region as origin_code,
        foreign_born,
        2015 as year,
        sex,
        education,
        case
            when survey_age_group in {{ not_coded }} then 'unknown'
            {% for code, age in broad_ages.items() %}
                when survey_age_group = '{{ code }}' then '{{ age }}'
            {% endfor %}
            else survey_age_group
        end as age_group,
        persons,
        published,
        recorded_at,
        receipt
    from round_2015_by_destination
),

keyed_pairs as (
    {{ under_country_keys('pairs', {'origin': 'dioc', 'destination': 'dioc'}) }}
),

keyed_origins as (
    {{ under_country_keys('origins', {'origin': 'dioc', 'destination': 'dioc_region'}) }}
),

keyed_destinations as (
    {{ under_country_keys('destinations', {'origin': 'dioc_region', 'destination': 'dioc'}) }}
),

keyed as (
    select * from keyed_pairs
    union all
    select * from keyed_origins
    union all
    select * from keyed_destinations
),

final as (
    select
        dataset_id,
        part,
        destination_code,
        destination_iso3,
        destination_type,
        origin_code,
        origin_iso3,
        origin_type,
        year,
        case foreign_born when '1' then 'foreign' when '0' then 'native' else 'unknown' end as birth_place,
        -- Persons who live where they were born; the file of origins says so by its birthplace alone.
        foreign_born = '0'
        and {{ are_countries(['origin_type']) }}
        and (origin_iso3 = destination_iso3 or dataset_id = 'oecd_dioc_2015') as is_native_of_a_country,
        sex,
        education,
        age_group,
        'oecd_dioc' as method_id,
        persons,
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from keyed
)

select * from final
