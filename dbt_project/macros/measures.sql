{# Grubel-Lloyd index: 1 where as many come as go, 0 where all go one way; null where nobody moves or one side is unknown. #}
{% macro grubel_lloyd(inflow, outflow) -%}
    (1 - abs({{ inflow }} - {{ outflow }}) / nullif({{ inflow }} + {{ outflow }}, 0))
{%- endmacro %}

{# Part of a whole, 0 to 1; null where the whole is zero or either is unknown. #}
{% macro share(part, whole) -%}
    (cast({{ part }} as double) / nullif({{ whole }}, 0))
{%- endmacro %}

{#
  How a figure came about: by its SDMX observation status, which publishers send alone or in strings ('bep'; E
  estimated, I imputed, F forecast), and otherwise as `of_part`, the catalog's word for the whole part, says.
#}
{% macro estimate_kind(obs_status, of_part) -%}
    case
        when upper(coalesce({{ obs_status }}, '')) like '%F%' then 'forecast'
        when upper(coalesce({{ obs_status }}, '')) like '%I%' then 'imputed'
        when upper(coalesce({{ obs_status }}, '')) like '%E%' then 'estimated'
        else {{ of_part }}
    end
{%- endmacro %}
