{#
  What every row of a model must hold, in one reading of it: a key that no other row has, keys of countries that stand
  for countries and not for groups of them, and expressions that are true. An expression over nulls is not known, and
  passes. The build stops with a sentence that names each broken rule and how often it is broken.
#}
{% test rows_hold(model, key=[], countries=[], expressions=[]) %}
    {{ config(fail_calc='count(sentence)') }}
    {%- set rules = [] %}

    with countries as (
        select iso3 as country_iso3
        from {{ ref('country') }}
        where entity_type in ('sovereign', 'territory', 'dissolved')
    ),

    shared_keys as (
    {%- if key %}
        {%- do rules.append(('key (' ~ key | join(', ') ~ ') is shared', 'shared_keys', 'n_broken')) %}
        select count(*) as n_broken
        from (select count(*) as n_rows from {{ model }} group by {{ key | join(', ') }}) as keys
        where n_rows > 1
        {%- else %}
        select 0 as n_broken
        {%- endif %}
    ),

    broken as (
        select
    {%- for column in countries %}
            {%- do rules.append((column ~ ' is no country', 'broken', 'country_' ~ loop.index)) %}
            count(case when countries_{{ loop.index }}.country_iso3 is null then 1 end) as country_{{ loop.index }},
            {%- endfor %}
    {%- for expression in expressions %}
            {%- do rules.append((expression, 'broken', 'expression_' ~ loop.index)) %}
            count(case when not ({{ expression }}) then 1 end) as expression_{{ loop.index }},
            {%- endfor %}
            count(*) as n_rows
        from {{ model }} as rows_of_the_model
    {%- for column in countries %}
        left join countries as countries_{{ loop.index }}
            on rows_of_the_model.{{ column }} = countries_{{ loop.index }}.country_iso3
        {%- endfor %}
    ),

    counted as (
{%- for rule, relation, column in rules %}
        select
            {{ dbt.string_literal(dbt.escape_single_quotes(rule)) }} as rule,
            {{ column }} as n_broken
        from {{ relation }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),

    finding as (
        select {{ joined_values("rule || ' (' || cast(n_broken as varchar) || ')'") }} as rules
        from counted
        where n_broken > 0
    ),

    final as (
        select
            {{ stop_with("'rows of " ~ model.identifier ~ " break: ' || rules || '. Next: look at them in the build.'") }}
                as sentence
        from finding
        where rules is not null and rules <> ''
    )

    select * from final
{% endtest %}
