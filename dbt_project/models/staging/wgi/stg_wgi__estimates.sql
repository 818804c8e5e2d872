-- Six governance estimates by economy and year with error, sources and ranks.
with changes as (
    select * from {{ change_log('wgi', 'wgi_workbook') }}
),

final as (
    select
        'wgi_workbook' as dataset_id,
        code as reference_area_code,
        year,
        indicator,
        estimate,
        stddev as standard_error,
        nsource as n_sources,
        pctrank as percentile_rank,
        pctranklower as percentile_rank_lower,
        pctrankupper as percentile_rank_upper,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
