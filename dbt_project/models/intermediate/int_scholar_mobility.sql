-- Counts of scholars who are active, come and go, of every database, in one shape; countries and aggregates alike.
with mpidr as (
    {{ in_force(ref('stg_mpidr__scholars'), ['part', 'reference_area_code', 'year']) }}
),

oecd_flows as (
    {{ in_force(ref('stg_oecd__scientist_flows'), ['part', 'reference_area_code', 'year']) }}
),

oecd_net_flows as (
    {{ in_force(ref('stg_oecd__scientist_net_flows'), ['part', 'reference_area_code', 'year']) }}
),

-- The publisher's rates are left out: they are these counts divided, which the load has checked.
mpidr_counts as (
    {% for measure, column in {
        'active_researchers': 'scholars', 'in_moves': 'inmigrations', 'out_moves': 'outmigrations',
        'net_moves': 'net_migration'
    }.items() %}
        select
            dataset_id,
            part,
            reference_area_code as country_code,
            year,
            'mpidr_scopus' as database,
            '{{ measure }}' as measure,
            {{ column }} as value,
            cast(null as varchar) as obs_status,
            published,
            recorded_at,
            receipt
        from mpidr
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

oecd_counts as (
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        'oecd_scopus' as database,
        case measure
            when 'INFLOW_NB' then 'new_in_moves'
            when 'RETURN_NB' then 'return_moves'
            when 'OUTFLOW_NB' then 'out_moves'
            when 'STAY_NB' then 'stayers'
        end as measure,
        value,
        obs_status,
        published,
        recorded_at,
        receipt
    from oecd_flows
    union all
    select
        dataset_id,
        part,
        reference_area_code as country_code,
        year,
        'oecd_scopus_fractional' as database,
        'net_moves' as measure,
        value,
        obs_status,
        published,
        recorded_at,
        receipt
    from oecd_net_flows
),

mpidr_by_country as (
    {{ under_country_keys('mpidr_counts', {'country': 'mpidr_iso3'}) }}
),

oecd_by_country as (
    {{ under_country_keys('oecd_counts', {'country': 'oecd_area'}) }}
),

final as (
    select * from mpidr_by_country
    union all
    select * from oecd_by_country
)

select * from final
