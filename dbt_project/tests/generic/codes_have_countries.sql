{#
  Codes that the bridge lacks, of every role that a place plays in a row (see under_country_keys). `roles` names the code
  system of each. The build stops with the lines to add.
#}
{% test codes_have_countries(model, roles) %}
    {{ config(fail_calc='count(sentence)') }}

    with unmapped as (
{%- for role, code_system in roles.items() %}
        select distinct
            dataset_id || ': ' || coalesce({{ role }}_code, 'no code') || ' ({{ code_system }})' as code
        from {{ model }}
        where {{ role }}_code is not null and {{ 'iso3' if role == 'country' else role ~ '_iso3' }} is null
        {{ 'union' if not loop.last }}
        {%- endfor %}
    ),

    finding as (
        select
            count(*) as n_unmapped,
            {{ joined_values('code') }} as codes
        from unmapped
    ),

    final as (
        select
            {{ stop_with(
                "'country codes that the bridge lacks: ' || codes || '. Next: add a line per code to '"
                ~ " || 'dbt_project/seeds/country_code.csv (code_system,source_code,iso3,note).'"
            ) }} as sentence
        from finding
        where n_unmapped > 0
    )

    select * from final
{% endtest %}
