-- Methods by which estimated figures were made; a method stands in the key, so series are never spliced.
with methods as (
    select * from {{ ref('method') }}
),

final as (
    select
        method_id,
        title as method_title,
        citation,
        age_floor,
        destination_set,
        n_destinations,
        education_coding,
        basis,
        residents_source,
        first_year,
        last_year,
        note,
        {{ release_columns() }}
    from methods
)

select * from final
