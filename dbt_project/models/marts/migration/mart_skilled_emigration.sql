-- Which share of the highly educated of an origin live abroad, by method; only rows that hold a figure.
with figures as (
    select * from {{ ref('fct_indicator_value') }}
),

methods as (
    select * from {{ ref('method') }}
),

datasets as (
    select * from {{ ref('int_datasets') }}
),

rates_of_the_tertiary_educated as (
    select
        iso3 as origin_iso3,
        year,
        'T' as sex,
        method_id,
        value / 100 as rate_high,
        round(value, 2) as rate_high_pct,
        value as unrounded_pct,
        indicator_code,
        dataset_id,
        source_id,
        licence,
        is_publishable,
        published,
        recorded_at
    from figures
    where
        indicator_code = 'SM.EMI.TERT.ZS'
        and value is not null
),

rates_beside_the_round_before as (
    select
        *,
        lag(year) over (partition by origin_iso3, sex, method_id order by year) as previous_round_year,
        lag(unrounded_pct) over (partition by origin_iso3, sex, method_id order by year) as previous_pct
    from rates_of_the_tertiary_educated
),

final as (
    select
        rates_beside_the_round_before.origin_iso3,
        rates_beside_the_round_before.year,
        rates_beside_the_round_before.sex,
        rates_beside_the_round_before.method_id,
        rates_beside_the_round_before.rate_high,
        rates_beside_the_round_before.rate_high_pct,
        rates_beside_the_round_before.unrounded_pct
        - rates_beside_the_round_before.previous_pct as change_since_prev_round_pp,
        rates_beside_the_round_before.previous_round_year,
        methods.age_floor,
        methods.destination_set,
        methods.n_destinations,
        methods.education_coding,
        methods.basis,
        methods.residents_source,
        rates_beside_the_round_before.indicator_code,
        rates_beside_the_round_before.dataset_id,
        rates_beside_the_round_before.source_id,
        rates_beside_the_round_before.licence,
        rates_beside_the_round_before.is_publishable,
        datasets.citation,
        rates_beside_the_round_before.published,
        rates_beside_the_round_before.recorded_at,
        {{ release_columns() }}
    from rates_beside_the_round_before
    inner join datasets
        on rates_beside_the_round_before.dataset_id = datasets.dataset_id
    left join methods
        on rates_beside_the_round_before.method_id = methods.method_id
)

select * from final
