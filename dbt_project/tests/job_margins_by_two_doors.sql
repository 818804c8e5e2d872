-- The same figure by two files of the publisher. All educations of the one table are all firm sizes of the other: equal
-- but for distortion, which is marked. Hires of the flat table and moves by destination of the other table are counted
-- in universes that differ a little: by firm size and quarter, 2015 to 2024, by -3.2 % to +3.6 %.
{%- set tolerances = {'education and firm size': 0.001, 'hires and moves by origin': 0.05} %}

with margins as (
    select * from {{ ref('fct_job_to_job_margin') }}
),

main_jobs as (
    select
        'education and firm size' as doors,
        by_education.us_state as place,
        by_education.industry as cell,
        by_education.year,
        by_education.quarter,
        by_education.main_jobs_begin as one,
        by_firm_size.main_jobs_begin as other
    from margins as by_education
    inner join margins as by_firm_size
        on
            by_education.us_state = by_firm_size.us_state
            and by_education.industry = by_firm_size.industry
            and by_education.year = by_firm_size.year
            and by_education.quarter = by_firm_size.quarter
    where
        by_education.breakdown = 'education'
        and by_education.education = 'E0'
        and by_firm_size.breakdown = 'firm_size'
        and by_firm_size.firm_size = '0'
        and by_education.main_jobs_begin_status = '1'
        and by_firm_size.main_jobs_begin_status = '1'
),

-- Of states and of the nation, by education; the destination's margin over all origins.
moves_by_education as (
    select
        'hires and moves by origin' as doors,
        margins.us_state as place,
        margins.education || ', ' || margins.industry as cell,
        margins.year,
        margins.quarter,
        margins.ee_hires as one,
        moves.ee_moves as other
    from margins
    inner join {{ ref('fct_job_to_job_od') }} as moves
        on
            margins.us_state = moves.destination_state
            and margins.industry = moves.destination_industry
            and margins.education = moves.education
            and margins.year = moves.year
            and margins.quarter = moves.quarter
    where
        margins.breakdown = 'education'
        and moves.origin_state = 'USA'
        and moves.origin_industry = '00'
        and margins.ee_hires_status = '1'
        and moves.ee_moves_status = '1'
),

moves_by_firm_size as (
    select
        'hires and moves by origin' as doors,
        margins.us_state as place,
        'firm size ' || margins.firm_size as cell,
        margins.year,
        margins.quarter,
        margins.ee_hires as one,
        moves.ee_moves as other
    from margins
    inner join {{ ref('fct_job_to_job_firm_size_od') }} as moves
        on
            margins.firm_size = moves.destination_firm_size
            and margins.year = moves.year
            and margins.quarter = moves.quarter
    where
        margins.geo_level = 'nation'
        and margins.industry = '00'
        and margins.breakdown = 'firm_size'
        and margins.firm_size in ('1', '2', '3', '4', '5')
        and moves.origin_firm_size = '0'
        and margins.ee_hires_status = '1'
),

compared as (
    select * from main_jobs
    union all
    select * from moves_by_education
    union all
    select * from moves_by_firm_size
),

final as (
    select *
    from compared
    where
        abs(one - other) > 10
        and abs(one - other) > one * case doors
            {% for doors, tolerance in tolerances.items() %}
                when '{{ doors }}' then {{ tolerance }}
            {% endfor %}
        end
)

select * from final
