-- Doctors and nurses by country of training are at most those of all countries: the total is counted by itself and may
-- be a little below the sum (the United States of 2016: origins 215,643, all 215,630), never far. A total of which the
-- origins are less than half is another total than theirs.
{%- set tolerance = 0.01 %}
{%- set smallest_listed_share = 0.5 %}

with origins as (
    select
        destination_iso3,
        year,
        profession,
        training_place,
        sum(value) as listed
    from {{ ref('fct_health_workforce') }}
    where dataset_id = 'oecd_health_wfmi' and measure = 'stock'
    group by destination_iso3, year, profession, training_place
),

totals as (
    select * from {{ ref('fct_health_workforce_aggregate') }}
    where dataset_id = 'oecd_health_wfmi' and measure = 'stock' and origin_iso3 = 'WLD'
),

final as (
    select
        totals.destination_iso3,
        totals.year,
        totals.profession,
        totals.value as everybody,
        origins.listed
    from totals
    inner join origins
        on
            totals.destination_iso3 = origins.destination_iso3
            and totals.year = origins.year
            and totals.profession = origins.profession
            and totals.training_place = origins.training_place
    where
        origins.listed > (1 + {{ tolerance }}) * totals.value
        or origins.listed < {{ smallest_listed_share }} * totals.value
)

select * from final
