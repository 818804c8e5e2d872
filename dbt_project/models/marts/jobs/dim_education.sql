-- Levels of education by classification, with the levels of ISCED 2011 that each holds.
with levels as (
    select * from {{ ref('education_level') }}
),

final as (
    select
        classification,
        education,
        title as education_name,
        min_isced,
        max_isced,
        is_tertiary,
        is_total,
        note,
        {{ release_columns() }}
    from levels
)

select * from final
