-- Every day from 1950 to 2050: the time spine of the semantic layer, which wants days; the marts speak of years.
with days as (
    {{ days_from_to('1950-01-01', '2050-12-31') }}
),

final as (
    select
        date_day,
        cast(extract(year from date_day) as integer) as year,
        {{ release_columns() }}
    from days
)

select * from final
