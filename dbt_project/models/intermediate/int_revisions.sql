-- What changed in each change log after its first load: one row per column of a key that changed.
with final as (
    {{ revisions_of_all_datasets() }}
)

select * from final
