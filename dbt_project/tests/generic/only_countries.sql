{# Rows that stand under an aggregate or a residual, or under no known key. #}
{% test only_countries(model, column_name) %}
    select rows_of_the_mart.{{ column_name }}
    from {{ model }} as rows_of_the_mart
    left join {{ ref('country') }} as countries
        on rows_of_the_mart.{{ column_name }} = countries.iso3
    where coalesce(countries.entity_type, 'unknown') not in ('sovereign', 'territory', 'dissolved')
{% endtest %}
