{#
  The rows of `relation` under the project's country keys. `roles` names, for each role a country plays in a row,
  the code system of its column `<role>_code`: {'origin': 'oecd_area'}. Adds `<role>_iso3` and `<role>_type`, both
  null where the bridge lacks the code, which the test `codes_have_countries` then says by name. A role named
  `country` gives `iso3` and `entity_type`.
#}
{% macro under_country_keys(relation, roles) -%}
    select
        keyed.*
        {%- for role, code_system in roles.items() %},
        {{ role }}_codes.iso3 as {{ 'iso3' if role == 'country' else role ~ '_iso3' }},
        {{ role }}_entities.entity_type as {{ 'entity_type' if role == 'country' else role ~ '_type' }}
        {%- endfor %}
    from {{ relation }} as keyed
    {%- for role, code_system in roles.items() %}
    left join {{ ref('country_code') }} as {{ role }}_codes
        on
            {{ role }}_codes.code_system = '{{ code_system }}'
            and keyed.{{ role }}_code = {{ role }}_codes.source_code
    left join {{ ref('country') }} as {{ role }}_entities
        on {{ role }}_codes.iso3 = {{ role }}_entities.iso3
    {%- endfor %}
{%- endmacro %}

{# Condition: every one of these columns of entity types is that of a country, so that a sum counts nobody twice. #}
{% macro are_countries(type_columns) -%}
    {% for column in type_columns -%}
        {{ column }} in ('sovereign', 'territory', 'dissolved'){{ ' and ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#
  The columns every fact of figures ends with. `figures` has dataset_id, part, obs_status, published, recorded_at and
  receipt; `parts` is stg_catalog__parts, left-joined to it, since a part can leave the catalog while its figures stay
  in force; `datasets` is int_datasets.
#}
{% macro fact_tail(figures='figures', parts='parts', datasets='datasets') -%}
    {{ figures }}.obs_status,
    {{ estimate_kind(figures ~ '.obs_status', "coalesce(" ~ parts ~ ".estimate_kind, 'observed')") }} as estimate_kind,
    {{ figures }}.dataset_id,
    {{ datasets }}.source_id,
    {{ datasets }}.licence,
    {{ datasets }}.is_redistributable as is_publishable,
    {{ figures }}.published,
    {{ figures }}.recorded_at,
    {{ figures }}.receipt,
    {{ release_columns() }}
{%- endmacro %}
