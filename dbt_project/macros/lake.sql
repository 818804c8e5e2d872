{#
  The change log of one dataset. Before its first acceptance a dataset has no file in the lake, and a glob
  that matches nothing is an error; then the empty file of the build inputs, which has the columns, stands in.
#}
{% macro change_log(source_name, dataset_id) -%}
    {%- set declared = source(source_name, dataset_id) -%}
    {{ return(adapter.dispatch('change_log', 'braindrain')(declared, dataset_id)) }}
{%- endmacro %}

{% macro default__change_log(declared, dataset_id) -%}
    {{ return(declared) }}
{%- endmacro %}

{% macro duckdb__change_log(declared, dataset_id) -%}
    {%- if not execute -%}{{ return(declared) }}{%- endif -%}
    {%- set files = dbt.escape_single_quotes(env_var('BRAINDRAIN_LAKE') ~ '/' ~ dataset_id ~ '/*.parquet') -%}
    {%- set found = run_query("select count(*) from glob('" ~ files ~ "')").columns[0].values()[0] -%}
    {%- if found -%}{{ return(declared) }}{%- endif -%}
    {%- set empty = dbt.escape_single_quotes(env_var('BRAINDRAIN_INPUTS') ~ '/empty/' ~ dataset_id ~ '.parquet') -%}
    {{ return("read_parquet('" ~ empty ~ "')") }}
{%- endmacro %}
