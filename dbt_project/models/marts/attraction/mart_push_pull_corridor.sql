-- Which push and pull factors set two ends of a corridor apart, year by year?
{%- set push_factors = ['opportunity', 'stability', 'economy', 'health', 'religion'] %}
{%- set pull_factors = ['pay', 'career', 'freedom', 'living'] %}
{%- set factors = push_factors + pull_factors %}
{%- set fewest_migrants = 1000 %}
{%- set first_year = 1990 %}

with scores as (
    select * from {{ ref('mart_push_pull_country_year') }}
    -- before, the World Bank has growth and life expectancy and little else
    where year >= {{ first_year }}
),

stocks as (
    select * from {{ ref('fct_migrant_stock') }}
    where persons is not null
),

-- Some datasets tell women and men only.
stocks_of_both_sexes as (
    select
        origin_iso3,
        destination_iso3,
        coalesce(
            max(case when sex = 'T' then persons end),
            case when count(distinct sex) = 2 then sum(persons) end
        ) as persons
    from stocks
    group by origin_iso3, destination_iso3, year, basis, dataset_id
),

-- A corridor is a pair that at least a thousand people are known to have gone along by some count of some year.
corridors as (
    select
        origin_iso3,
        destination_iso3,
        max(persons) as largest_stock_persons
    from stocks_of_both_sexes
    where origin_iso3 <> destination_iso3
    group by origin_iso3, destination_iso3
    having max(persons) >= {{ fewest_migrants }}
),

-- Signs are turned so that more is always more reason to go from the origin to the destination.
differentials as (
    select
        corridors.origin_iso3,
        corridors.destination_iso3,
        origins.year,
        corridors.largest_stock_persons,
        {% for factor in push_factors %}
            origins.z_{{ factor }} - destinations.z_{{ factor }} as {{ factor }}_differential,
        {% endfor %}
        {% for factor in pull_factors %}
            destinations.z_{{ factor }} - origins.z_{{ factor }} as {{ factor }}_differential,
        {% endfor %}
        origins.push_score - destinations.push_score as push_differential,
        destinations.pull_score - origins.pull_score as pull_differential,
        nullif(concat_ws(
            '; ',
            {% for factor in factors %}
                case
                    when origins.z_{{ factor }} is null and destinations.z_{{ factor }} is null
                        then '{{ factor }}_differential: no figure of either'
                    when origins.z_{{ factor }} is null
                        then '{{ factor }}_differential: no figure of the origin'
                    when destinations.z_{{ factor }} is null
                        then '{{ factor }}_differential: no figure of the destination'
                end{{ ',' if not loop.last }}
            {% endfor %}
        ), '') as missing_components,
        least(origins.oldest_component_year, destinations.oldest_component_year) as oldest_component_year,
        {{ united_texts('origins.estimate_kind', 'destinations.estimate_kind') }} as estimate_kind,
        {{ united_texts('origins.source_ids', 'destinations.source_ids') }} as source_ids,
        {{ united_texts('origins.licence', 'destinations.licence') }} as licence,
        origins.is_publishable and destinations.is_publishable as is_publishable,
        greatest(origins.vintage_max, destinations.vintage_max) as vintage_max
    from corridors
    inner join scores as origins
        on corridors.origin_iso3 = origins.iso3
    inner join scores as destinations
        on
            corridors.destination_iso3 = destinations.iso3
            and origins.year = destinations.year
),

counted as (
    select
        *,
        cast(
            {%- for factor in factors %}
                (case when {{ factor }}_differential is null then 0 else 1 end)
                {{- ' + ' if not loop.last }}
            {%- endfor %} as integer
        ) as n_components_present,
        cast({{ factors | length }} as integer) as n_components_total,
        cast(
            {%- for factor in factors %}
                (case when {{ factor }}_differential > 0 then 1 else 0 end)
                {{- ' + ' if not loop.last }}
            {%- endfor %} as integer
        ) as n_favourable_factors,
        greatest(
            {%- for factor in factors %}
                {{ factor }}_differential{{ ',' if not loop.last }}
            {%- endfor %}
        ) as largest_differential
    from differentials
),

final as (
    select
        origin_iso3,
        destination_iso3,
        year,
        {% for factor in factors %}
            {{ factor }}_differential,
        {% endfor %}
        push_differential,
        pull_differential,
        push_differential + pull_differential as total_differential,
        case
            when coalesce(largest_differential, 0) <= 0 then null
            {% for factor in factors %}
                when {{ factor }}_differential = largest_differential then '{{ factor }}'
            {% endfor %}
        end as dominant_factor,
        n_favourable_factors,
        largest_stock_persons,
        {{ mart_tail() }}
    from counted
    where n_components_present > 0
)

select * from final
