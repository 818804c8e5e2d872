{#
  Country codes that the bridge lacks: their figures would stand under no country. The build stops by name, in a
  sentence, and not only by number. `code_system` is a column of the model, or a quoted name.
#}
{% test codes_are_mapped(model, code_system) %}
{{ config(fail_calc='count(sentence)') }}

    with codes as (
        select distinct
            dataset_id,
            {{ code_system }} as code_system,
            source_code
        from {{ model }}
    ),

    unmapped as (
        select codes.*
        from codes
        left join {{ ref('country_code') }} as country_codes
            on
                codes.code_system = country_codes.code_system
                and codes.source_code = country_codes.source_code
        where country_codes.iso3 is null
    ),

    finding as (
        select
            count(*) as n_unmapped,
            {{ joined_values("dataset_id || ': ' || code_system || ' ''' || source_code || ''''") }} as codes
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
