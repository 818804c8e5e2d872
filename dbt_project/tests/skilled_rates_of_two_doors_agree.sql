-- One method by two doors: the authors' file and the World Bank's copy of it (SM.EMI.TERT.ZS), which prints percentages
-- to two decimals or more. Compared where both are loaded; a hundredth of a point is the rounding of both.
{%- set tolerance_pp = 0.011 %}

with file as (
    select * from {{ ref('fct_skilled_emigration') }}
    where method_id = 'dlm_2009' and measure = 'rate' and education = 'high' and sex = 'T'
),

copy as (
    select * from {{ ref('fct_indicator_value') }}
    where indicator_code = 'SM.EMI.TERT.ZS' and value is not null
),

final as (
    select
        file.origin_iso3,
        file.year,
        100 * file.value as file_pct,
        copy.value as copy_pct
    from file
    inner join copy
        on
            file.origin_iso3 = copy.iso3
            and file.year = copy.year
    where abs(100 * file.value - copy.value) > {{ tolerance_pp }}
)

select * from final
