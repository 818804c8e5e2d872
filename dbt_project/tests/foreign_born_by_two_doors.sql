-- One concept, two publishers: people born in one country who live in another, as the OECD (B14) and as Eurostat
-- (migr_pop3ctb) tell them. The OECD takes European figures over, so whole years of common pairs agree; single
-- reporters send the two different vintages, and some leave out people whose birthplace is not known, which is up to
-- 1.5 %.
{%- set tolerance = 0.02 %}

with pairs as (
    select
        oecd.year,
        oecd.persons as persons_oecd,
        eurostat.persons as persons_eurostat
    from {{ ref('fct_migrant_stock') }} as oecd
    inner join {{ ref('fct_migrant_stock') }} as eurostat
        on
            oecd.origin_iso3 = eurostat.origin_iso3
            and oecd.destination_iso3 = eurostat.destination_iso3
            and oecd.year = eurostat.year
            and oecd.sex = eurostat.sex
    where
        oecd.dataset_id = 'oecd_mig_popf'
        and eurostat.dataset_id = 'eurostat_migr_pop3ctb'
        and oecd.persons is not null
        and eurostat.persons is not null
),

final as (
    select
        year,
        count(*) as n_pairs,
        sum(persons_oecd) as persons_oecd,
        sum(persons_eurostat) as persons_eurostat
    from pairs
    group by year
    having abs(sum(persons_oecd) - sum(persons_eurostat)) > {{ tolerance }} * sum(persons_eurostat)
)

select * from final
