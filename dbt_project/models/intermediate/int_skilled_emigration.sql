-- Emigrants, residents and emigration rates by education as their authors give them, in one shape.
with dlm as (
    {{ in_force(ref('stg_dlm__emigration'), ['part', 'origin_code', 'sex', 'year']) }}
),

iab as (
    {{ in_force(ref('stg_iab__emigration_rates'), ['part', 'origin_code', 'sex', 'year']) }}
),

dlm_figures as (
    {% for measure in ['emigrants', 'residents', 'rate'] %}
        {% set is_last_measure = loop.last %}
        {% for education in ['low', 'medium', 'high', 'total'] %}
            select
                dataset_id,
                part,
                origin_code,
                year,
                sex,
                '{{ education }}' as education,
                'dlm_2009' as method_id,
                '{{ measure }}' as measure,
                {{ measure }}_{{ education }} as value,
                cast(null as varchar) as obs_status,
                published,
                recorded_at,
                receipt
            from dlm
            {{ 'union all' if not (is_last_measure and loop.last) }}
        {% endfor %}
    {% endfor %}
),

iab_figures as (
    {% for education in ['low', 'medium', 'high', 'total'] %}
        select
            dataset_id,
            part,
            origin_code,
            year,
            sex,
            '{{ education }}' as education,
            'iab_2013' as method_id,
            'rate' as measure,
            rate_{{ education }} as value,
            cast(null as varchar) as obs_status,
            published,
            recorded_at,
            receipt
        from iab
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

dlm_by_country as (
    {{ under_country_keys('dlm_figures', {'origin': 'dlm'}) }}
),

iab_by_country as (
    {{ under_country_keys('iab_figures', {'origin': 'iab'}) }}
),

final as (
    select * from dlm_by_country
    union all
    select * from iab_by_country
)

select * from final
