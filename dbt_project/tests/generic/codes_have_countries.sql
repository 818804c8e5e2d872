{# Codes of a role (see under_country_keys) that the bridge lacks. The build stops with the line to add. #}
{% test codes_have_countries(model, role, code_system) %}
{{ config(fail_calc='count(sentence)') }}

    with unmapped as (
        select distinct
            dataset_id,
            {{ role }}_code as source_code
        from {{ model }}
        where {{ role }}_code is not null and {{ 'iso3' if role == 'country' else role ~ '_iso3' }} is null
    ),

    finding as (
        select
            count(*) as n_unmapped,
            {{ joined_values("dataset_id || ': ' || coalesce(source_code, 'no code')") }} as codes
        from unmapped
    ),

    final as (
        select
            {{ stop_with(
                "'country codes that the bridge lacks: ' || codes || '. Next: add a line per code to '"
                ~ " || 'dbt_project/seeds/country_code.csv (" ~ code_system ~ ",source_code,iso3,note).'"
            ) }} as sentence
        from finding
        where n_unmapped > 0
    )

    select * from final
{% endtest %}
