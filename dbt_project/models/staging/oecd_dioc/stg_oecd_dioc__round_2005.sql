-- Immigrants and natives by country of residence and birth, sex, education and age, round 2005/06.
with changes as (
    select * from {{ change_log('oecd_dioc', 'oecd_dioc_2005') }}
),

final as (
    select
        'oecd_dioc_2005' as dataset_id,
        country as destination_code,
        coub as origin_code,
        fborn as foreign_born,
        case sex
            when '1' then 'M'
            when '2' then 'F'
            when '9' then 'U'
            when '99' then 'U'
            when '-' then 'U'
            else sex
        end as sex,
        case edu_lfs
            when '1' then 'low'
            when '2' then 'medium'
            when '3' then 'high'
            when '9' then 'unknown'
            when '99' then 'unknown'
            when '-' then 'unknown'
            else edu_lfs
        end as education,
        age_cen as census_age_group,
        age_lfs as survey_age_group,
        number as persons,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
