-- Every figure in force stands in the facts, under a country or under an aggregate.
with in_force as (
    select
        dataset_id,
        count(*) as n_rows
    from {{ ref('int_indicator_values') }}
    group by dataset_id
),

facts as (
    select dataset_id from {{ ref('fct_indicator_value') }}
    union all
    select dataset_id from {{ ref('fct_indicator_value_aggregate') }}
),

rows_of_the_facts as (
    select
        dataset_id,
        count(*) as n_rows
    from facts
    group by dataset_id
),

final as (
    select
        in_force.dataset_id,
        in_force.n_rows as n_rows_in_force,
        coalesce(rows_of_the_facts.n_rows, 0) as n_rows_of_the_facts
    from in_force
    left join rows_of_the_facts
        on in_force.dataset_id = rows_of_the_facts.dataset_id
    where in_force.n_rows <> coalesce(rows_of_the_facts.n_rows, 0)
)

select * from final
