-- The vocabulary of the field in five spellings, and the column of a mart that measures each concept.
with concepts as (
    select * from {{ ref('concept') }}
),

final as (
    select
        concept_id,
        kind,
        term_en,
        term_ro,
        term_sr,
        term_sr_latn,
        term_uk,
        definition_en,
        definition_ro,
        definition_sr,
        definition_sr_latn,
        definition_uk,
        formula,
        mart,
        column_name,
        {{ release_columns() }}
    from concepts
)

select * from final
