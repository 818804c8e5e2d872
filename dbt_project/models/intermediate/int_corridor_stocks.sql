-- Stocks between two countries of every dataset, both sexes together where a dataset tells women and men only, with the
-- part of the origin's people abroad that the same dataset counts in the destination.

with stocks as (
    select
        origin_iso3,
        destination_iso3,
        year,
        sex,
        basis,
        persons,
        dataset_id,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from {{ ref('fct_migrant_stock') }}
    where persons is not null
),

both_sexes as (
    select
        origin_iso3,
        destination_iso3,
        year,
        'T' as sex,
        basis,
        {{ sum_of_people('persons') }} as persons,
        dataset_id,
        min(estimate_kind) as estimate_kind,
        source_id,
        licence,
        is_publishable,
        max(recorded_at) as recorded_at
    from stocks
    where dataset_id = 'gbmd_bilateral'
    group by origin_iso3, destination_iso3, year, basis, dataset_id, source_id, licence, is_publishable
    having count(*) = 2
),

all_sexes as (
    select * from stocks
    union all
    select * from both_sexes
),

-- Tables that cover the world.
abroad as (
    select
        origin_iso3,
        year,
        sex,
        dataset_id,
        {{ sum_of_people('persons') }} as persons
    from all_sexes
    where dataset_id in ('undesa_stock_by_destination_and_origin', 'gbmd_bilateral')
    group by origin_iso3, year, sex, dataset_id
),

final as (
    select
        all_sexes.*,
        abroad.persons as abroad_persons,
        {{ share('all_sexes.persons', 'abroad.persons') }} as share_of_origin_diaspora
    from all_sexes
    left join abroad
        on
            all_sexes.origin_iso3 = abroad.origin_iso3
            and all_sexes.year = abroad.year
            and all_sexes.sex = abroad.sex
            and all_sexes.dataset_id = abroad.dataset_id
)

select * from final
