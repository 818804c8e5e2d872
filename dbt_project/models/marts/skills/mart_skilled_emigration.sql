-- Which share of the educated of an origin live abroad, by every method: rates, their parts, and where they are.
{%- set educations = ['low', 'medium', 'high', 'total'] %}
{%- set components = [] %}
{%- for measure in ['emigrants', 'residents', 'rate'] %}
    {%- for education in educations %}{% do components.append(measure ~ '_' ~ education) %}{% endfor %}
{%- endfor %}
{%- set components = components + ['emigrants_unknown', 'natives_high'] %}
{%- set method_ages = {'dioc_barro_lee': '15-64', 'dioc_natives': '15+'} %}
{%- set key = 'origin_iso3, year, sex, method_id' %}

with authors_figures as (
    select * from {{ ref('fct_skilled_emigration') }}
),

world_bank_figures as (
    select * from {{ ref('fct_indicator_value') }}
    where indicator_code = 'SM.EMI.TERT.ZS' and value is not null
),

emigrants_by_destination as (
    select * from {{ ref('int_skilled_emigrants') }}
),

residents as (
    select * from {{ ref('int_skilled_residents') }}
),

methods as (
    select * from {{ ref('method') }}
),

-- Where the authors give counts, the rate is theirs divided, unrounded; else it is as published.
authors_by_education as (
    select
        origin_iso3,
        year,
        sex,
        method_id,
        education,
        max(case when measure = 'emigrants' then value end) as emigrants,
        max(case when measure = 'residents' then value end) as residents,
        max(case when measure = 'rate' then value end) as published_rate,
        min(estimate_kind) as estimate_kind,
        source_id,
        licence,
        is_publishable,
        max(recorded_at) as recorded_at
    from authors_figures
    group by origin_iso3, year, sex, method_id, education, source_id, licence, is_publishable
),

-- The World Bank's copy of the same rates, where the authors' file lacks the origin or is not loaded.
copied_rates as (
    select
        world_bank_figures.iso3 as origin_iso3,
        world_bank_figures.year,
        'T' as sex,
        world_bank_figures.method_id,
        'high' as education,
        cast(null as double) as emigrants,
        cast(null as double) as residents,
        world_bank_figures.value / 100 as published_rate,
        world_bank_figures.estimate_kind,
        world_bank_figures.source_id,
        world_bank_figures.licence,
        world_bank_figures.is_publishable,
        world_bank_figures.recorded_at
    from world_bank_figures
    left join authors_by_education as authors
        on
            world_bank_figures.iso3 = authors.origin_iso3
            and world_bank_figures.year = authors.year
            and world_bank_figures.method_id = authors.method_id
            and authors.education = 'high'
            and authors.sex = 'T'
    where authors.origin_iso3 is null
),

counted_emigrants as (
    select
        origin_iso3,
        year,
        sex,
        age_range,
        {% for education in educations + ['unknown'] %}
            round({{ exact_sum(education) }}, 6) as {{ education }},
        {% endfor %}
        min(estimate_kind) as estimate_kind,
        source_id,
        licence,
        is_publishable,
        max(recorded_at) as recorded_at
    from emigrants_by_destination
    group by origin_iso3, year, sex, age_range, source_id, licence, is_publishable
),

-- Every origin over all residents after Barro-Lee; members of the OECD over their natives of the same round besides.
counted_by_education as (
    {% for method, population in {'dioc_barro_lee': 'all', 'dioc_natives': 'native'}.items() %}
        {% set is_last_method = loop.last %}
        {% for education in educations %}
            select
                emigrants.origin_iso3,
                emigrants.year,
                emigrants.sex,
                '{{ method }}' as method_id,
                '{{ education }}' as education,
                emigrants.{{ education }} as emigrants,
                residents.{{ education }} as residents,
                emigrants.estimate_kind,
                emigrants.source_id,
                emigrants.licence,
                emigrants.is_publishable,
                emigrants.recorded_at,
                residents.estimate_kind as residents_estimate_kind,
                residents.source_id as residents_source_id,
                residents.licence as residents_licence,
                residents.is_publishable as residents_is_publishable,
                residents.recorded_at as residents_recorded_at
            from counted_emigrants as emigrants
            {{ 'left' if population == 'all' else 'inner' }} join residents
                on
                    emigrants.origin_iso3 = residents.iso3
                    and emigrants.year = residents.year
                    and emigrants.sex = residents.sex
                    and emigrants.age_range = residents.age_range
                    and residents.population = '{{ population }}'
            where emigrants.age_range = '{{ method_ages[method] }}'
            {{ 'union all' if not (is_last_method and loop.last) }}
        {% endfor %}
    {% endfor %}
),

by_education as (
    {% for relation in ['authors_by_education', 'copied_rates', 'counted_by_education'] %}
        {% set is_counted = relation == 'counted_by_education' %}
        {% set of_residents = 'residents_' if is_counted else '' %}
        select
            {{ key }},
            education,
            emigrants,
            residents,
            coalesce(
                {{ share('emigrants', '(emigrants + residents)') }},
                {{ 'null' if is_counted else 'published_rate' }}
            ) as rate,
            estimate_kind,
            source_id,
            licence,
            is_publishable,
            recorded_at,
            {{ of_residents }}estimate_kind as of_residents_estimate_kind,
            {{ of_residents }}source_id as of_residents_source_id,
            {{ of_residents }}licence as of_residents_licence,
            {{ of_residents }}is_publishable as of_residents_is_publishable,
            {{ of_residents }}recorded_at as of_residents_recorded_at
        from {{ relation }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Natives of working age beside all residents: the narrower denominator of the same emigrants.
natives as (
    {% for method, age_range in method_ages.items() %}
        select
            counted_emigrants.origin_iso3,
            counted_emigrants.year,
            counted_emigrants.sex,
            '{{ method }}' as method_id,
            residents.high,
            residents.estimate_kind,
            residents.source_id,
            residents.licence,
            residents.is_publishable,
            residents.recorded_at
        from counted_emigrants
        inner join residents
            on
                counted_emigrants.origin_iso3 = residents.iso3
                and counted_emigrants.year = residents.year
                and counted_emigrants.sex = residents.sex
                and counted_emigrants.age_range = residents.age_range
        where
            residents.population = 'native'
            and residents.age_range = '{{ age_range }}'
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

components as (
    {% for measure in ['emigrants', 'residents', 'rate'] %}
        {% set of_residents = 'of_residents_' if measure == 'residents' else '' %}
        select
            {{ key }},
            '{{ measure }}_' || education as component,
            {{ measure }} as value,
            year as component_year,
            case
                when '{{ measure }}' = 'rate' then 'no residents to divide by'
                when method_id not like 'dioc%' then 'published as a rate only'
                when sex <> 'T' then 'Barro-Lee tells both sexes together only'
                when year > 2015 then 'Barro-Lee ends in 2015'
                when education in ('low', 'medium') then 'Barro-Lee codes levels below tertiary otherwise'
                else 'no country of Barro-Lee'
            end as missing_reason,
            {{ of_residents }}estimate_kind as estimate_kind,
            {{ of_residents }}source_id as source_id,
            {{ of_residents }}licence as licence,
            {{ of_residents }}is_publishable as is_publishable,
            {{ of_residents }}recorded_at as recorded_at
        from by_education
        union all
    {% endfor %}
    {% for method, age_range in method_ages.items() %}
        select
            origin_iso3,
            year,
            sex,
            '{{ method }}' as method_id,
            'emigrants_unknown' as component,
            unknown as value,
            year as component_year,
            cast(null as varchar) as missing_reason,
            estimate_kind,
            source_id,
            licence,
            is_publishable,
            recorded_at
        from counted_emigrants
        where
            age_range = '{{ age_range }}'
            {% if method == 'dioc_natives' %}
                and exists (
                    select 1
                    from natives
                    where
                        counted_emigrants.origin_iso3 = natives.origin_iso3
                        and counted_emigrants.year = natives.year
                        and counted_emigrants.sex = natives.sex
                        and natives.method_id = '{{ method }}'
                )
            {% endif %}
        union all
    {% endfor %}
    select
        {{ key }},
        'natives_high' as component,
        high as value,
        year as component_year,
        cast(null as varchar) as missing_reason,
        estimate_kind,
        source_id,
        licence,
        is_publishable,
        recorded_at
    from natives
),

side_by_side as (
    select
        {{ key }},
        {{ component_values(components) }},
        {{ component_provenance(components) }}
    from components
    group by {{ key }}
),

hosts as (
    select
        *,
        {{ share('high', 'sum(high) over (partition by origin_iso3, year, sex, age_range)') }} as share_of_origin,
        row_number() over (
            partition by origin_iso3, year, sex, age_range
            order by high desc, destination_iso3 asc
        ) as nth_largest
    from emigrants_by_destination
    where destination_iso3 <> 'OED' and high > 0
),

concentration as (
    select
        origin_iso3,
        year,
        sex,
        age_range,
        max(case when nth_largest = 1 then destination_iso3 end) as top_destination,
        max(case when nth_largest = 1 then share_of_origin end) as top_destination_share,
        {{ exact_sum('share_of_origin * share_of_origin') }} as hhi,
        cast(count(*) as integer) as n_hosts
    from hosts
    group by origin_iso3, year, sex, age_range
),

reporters as (
    select
        year,
        cast(count(distinct iso3) as integer) as n_destinations
    from residents
    where population = 'foreign'
    group by year
),

rates as (
    select
        *,
        round(round(100 * rate_high, 9), 2) as rate_high_pct,
        {{ share(share('emigrants_high', 'emigrants_total'),
                 share('(residents_high + emigrants_high)', '(residents_total + emigrants_total)')) }} as schooling_gap
    from side_by_side
),

rounds as (
    select
        {{ key }},
        lag(year) over (partition by origin_iso3, sex, method_id order by year) as previous_round_year,
        round(
            100 * rate_high - 100 * lag(rate_high) over (partition by origin_iso3, sex, method_id order by year), 9
        ) as change_since_prev_round_pp
    from rates
    where rate_high is not null
),

final as (
    select
        rates.origin_iso3,
        rates.year,
        rates.sex,
        rates.method_id,
        rates.rate_high,
        rates.rate_high_pct,
        rates.rate_low,
        rates.rate_medium,
        rates.rate_total,
        {{ share('rates.emigrants_high', '(rates.emigrants_high + rates.natives_high)') }} as rate_native_denominator,
        {% for measure in ['emigrants', 'residents'] %}
            {% for education in educations %}
                rates.{{ measure }}_{{ education }},
            {% endfor %}
        {% endfor %}
        rates.emigrants_unknown,
        rates.natives_high,
        rates.rate_total as openness,
        rates.schooling_gap,
        {{ share('rates.rate_high', 'rates.rate_total') }} as selection_ratio,
        rates.rate_high between 0.05 and 0.10 as is_beneficial_range,
        rounds.change_since_prev_round_pp,
        rounds.previous_round_year,
        concentration.top_destination,
        concentration.top_destination_share,
        concentration.hhi,
        1 / concentration.hhi as effective_destinations,
        concentration.n_hosts,
        methods.age_floor,
        methods.destination_set,
        coalesce(methods.n_destinations, reporters.n_destinations) as n_destinations,
        methods.education_coding,
        methods.basis,
        methods.residents_source,
        methods.citation,
        {{ mart_tail('rates') }}
    from rates
    left join rounds
        on
            rates.origin_iso3 = rounds.origin_iso3
            and rates.year = rounds.year
            and rates.sex = rounds.sex
            and rates.method_id = rounds.method_id
    left join methods
        on rates.method_id = methods.method_id
    left join reporters
        on
            rates.year = reporters.year
            and rates.method_id like 'dioc%'
    left join concentration
        on
            rates.origin_iso3 = concentration.origin_iso3
            and rates.year = concentration.year
            and rates.sex = concentration.sex
            and case rates.method_id
                {% for method, age_range in method_ages.items() %}
                    when '{{ method }}' then '{{ age_range }}'
                {% endfor %}
            end = concentration.age_range
)

select * from final
