-- Immigrants and natives by country of residence and region of birth, sex, education and age, round 2015/16.
with changes as (
    select * from {{ change_log('oecd_dioc', 'oecd_dioc_2015_destination') }}
),

final as (
    select
        'oecd_dioc_2015_destination' as dataset_id,
        country as destination_code,
        regionb as origin_region,
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
