{#
  A table of a build is made in place, in one statement with its comments. The adapter's own way (another name, then
  rename, then drop what was there) is for databases that people read meanwhile; a build is a new file that nobody reads
  before it is published, and the swap takes a third of its time.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set target = this.incorporate(type='table') -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') -%}
        {{ create_table_as(False, target, compiled_code) }};
        {% if config.persist_relation_docs() and model.description -%}
            {{ alter_relation_comment(target, model.description) }}
        {%- endif %}
        {% if config.persist_column_docs() -%}
            {{ alter_column_comment(target, model.columns) }}
        {%- endif %}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
