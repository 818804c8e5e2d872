-- Two files of one round hold the same people, by birthplace over all countries of residence and by country of
-- residence over regions of birth: they add up alike by sex, education and age, born abroad and natives, and so do the
-- natives of each country. Fractions of survey estimates and suppressed birthplaces leave a hundredth.
{%- set share_missed = 0.01 %}
{%- set persons_missed = 100 %}

with people as (
    select * from {{ ref('int_skilled_stock') }}
    where year = 2015
),

by_group as (
    select
        'all' as place,
        birth_place,
        sex,
        education,
        age_group,
        sum(case when dataset_id = 'oecd_dioc_2015' then persons end) as by_origin,
        sum(case when dataset_id = 'oecd_dioc_2015_destination' then persons end) as by_destination
    from people
    group by birth_place, sex, education, age_group
),

natives as (
    select
        coalesce(case when dataset_id = 'oecd_dioc_2015' then origin_iso3 end, destination_iso3) as place,
        birth_place,
        sex,
        education,
        'all' as age_group,
        sum(case when dataset_id = 'oecd_dioc_2015' then persons end) as by_origin,
        sum(case when dataset_id = 'oecd_dioc_2015_destination' then persons end) as by_destination
    from people
    where birth_place = 'native'
    group by
        coalesce(case when dataset_id = 'oecd_dioc_2015' then origin_iso3 end, destination_iso3),
        birth_place,
        sex,
        education
),

compared as (
    select * from by_group
    union all
    select * from natives
),

final as (
    select * from compared
    where abs(by_origin - by_destination) > {{ persons_missed }} + {{ share_missed }} * by_destination
)

select * from final
