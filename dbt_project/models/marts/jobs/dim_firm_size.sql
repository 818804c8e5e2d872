-- Size classes of firms; the size is that of the whole national firm, not of the place of work.
with sizes as (
    select * from {{ ref('firm_size') }}
),

final as (
    select
        firm_size,
        title as firm_size_name,
        min_employees,
        max_employees,
        firm_size = '0' as is_total,
        {{ release_columns() }}
    from sizes
)

select * from final
