{# Rows for which the expression is false; an expression over nulls is not known, and passes. #}
{% test expression_holds(model, expression) %}
    select *
    from {{ model }}
    where not ({{ expression }})
{% endtest %}
