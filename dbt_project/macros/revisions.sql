{#
  What changed in each change log after its first load, one row per column of a key that changed: the change before,
  the figure or text before and after, and when. All datasets in one relation; a log of a single load holds no revision
  and is not read.
#}
{% macro revisions_of_all_datasets() -%}
    {%- set with_history = datasets_with_history() -%}
    select
        cast(null as varchar) as dataset_id,
        cast(null as varchar) as part,
        cast(null as varchar) as key_text,
        cast(null as varchar) as code_system,
        cast(null as varchar) as source_code,
        cast(null as varchar) as partner_code_system,
        cast(null as varchar) as partner_source_code,
        cast(null as integer) as year,
        cast(null as varchar) as column_name,
        cast(null as varchar) as unit,
        cast(null as double) as old_value,
        cast(null as double) as new_value,
        cast(null as varchar) as old_text,
        cast(null as varchar) as new_text,
        cast(null as varchar) as old_change,
        cast(null as varchar) as change,
        cast(null as timestamp) as recorded_at_old,
        cast(null as timestamp) as recorded_at,
        cast(null as varchar) as published_old,
        cast(null as varchar) as published_new,
        cast(null as varchar) as receipt
    where false
    {%- for dataset in lake_datasets() %}
    {%- set log = source(dataset.source, dataset.id) %}
    {%- if dataset.id in with_history %}
    union all
    select * from ({{ revisions_of(dataset, log) }}) as of_{{ dataset.id }}
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{% macro revisions_of(dataset, log) -%}
    {%- set key = ['part'] + dataset.key -%}
    {%- set columns = dataset.figures.keys() | list + dataset.texts -%}
    {%- set place = dataset.places[0] if dataset.places else none -%}
    {%- set partner = dataset.places[1] if dataset.places | length > 1 else none -%}
        with changes as (
            select * from {{ log }}
            where {{ recorded_by_then() }}
        ),
        first_loads as (
            select
                part,
                min(recorded_at) as first_recorded_at
            from changes
            group by part
        ),
        keys_that_moved as (
            select distinct {% for name in key %}changes.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
            from changes
            inner join first_loads on changes.part = first_loads.part
            where changes.recorded_at > first_loads.first_recorded_at
        ),
        histories as (
            select changes.*
            from changes
            inner join keys_that_moved
                on {% for name in key %}changes.{{ name }} = keys_that_moved.{{ name }}{{ ' and ' if not loop.last }}{% endfor %}
        ),
        beside_the_time_before as (
            select
                histories.*,
                {% for name in columns %}lag({{ name }}) over history as old_{{ loop.index }},
                {% endfor %}
                lag(change) over history as old_change,
                lag(published) over history as published_old,
                lag(recorded_at) over history as recorded_at_old
            from histories
            window history as (partition by {{ key | join(', ') }} order by recorded_at)
        ),
        later_changes as (
            select beside_the_time_before.*
            from beside_the_time_before
            inner join first_loads on beside_the_time_before.part = first_loads.part
            where beside_the_time_before.recorded_at > first_loads.first_recorded_at
        )
        {%- for name in columns %}
        {%- set is_figure = name in dataset.figures %}
        {%- set old = 'old_' ~ loop.index %}
        select
            '{{ dataset.id }}' as dataset_id,
            part,
            concat_ws('; '{% for k in dataset.key %}, '{{ k }} ' || cast({{ k }} as varchar){% endfor %}) as key_text,
            {{ "'" ~ place[1] ~ "'" if place else 'cast(null as varchar)' }} as code_system,
            {{ place[0] if place else 'cast(null as varchar)' }} as source_code,
            {{ "'" ~ partner[1] ~ "'" if partner else 'cast(null as varchar)' }} as partner_code_system,
            {{ partner[0] if partner else 'cast(null as varchar)' }} as partner_source_code,
            cast({{ dataset.year or 'null' }} as integer) as year,
            '{{ name }}' as column_name,
            {{ dbt.string_literal(dataset.figures[name]) if dataset.figures.get(name) else 'cast(null as varchar)' }} as unit,
            {{ 'cast(' ~ old ~ ' as double)' if is_figure else 'cast(null as double)' }} as old_value,
            {{ 'cast(' ~ name ~ ' as double)' if is_figure else 'cast(null as double)' }} as new_value,
            {{ 'cast(null as varchar)' if is_figure else 'cast(' ~ old ~ ' as varchar)' }} as old_text,
            {{ 'cast(null as varchar)' if is_figure else 'cast(' ~ name ~ ' as varchar)' }} as new_text,
            old_change,
            change,
            recorded_at_old,
            recorded_at,
            published_old,
            published as published_new,
            receipt
        from later_changes
        where {{ name }} is distinct from {{ old }}
        {{- ' union all' if not loop.last }}
        {%- endfor %}
{%- endmacro %}

{# Ids of the datasets that were loaded more than once, so that something can have changed; the others have one file. #}
{% macro datasets_with_history() -%}
    {{ return(adapter.dispatch('datasets_with_history', 'braindrain')()) }}
{%- endmacro %}

{% macro default__datasets_with_history() -%}
    {{ return(lake_datasets() | map(attribute='id') | list) }}
{%- endmacro %}

{% macro duckdb__datasets_with_history() -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set files = dbt.escape_single_quotes(env_var('BRAINDRAIN_LAKE') ~ '/*/*.parquet') -%}
    {%- set found = run_query(
        "select parse_path(file)[-2] as dataset_id from glob('" ~ files ~ "') group by dataset_id having count(*) > 1"
    ) -%}
    {{ return(found.columns[0].values() | list) }}
{%- endmacro %}
