-- The bilateral matrix and its own margins: what a country sends to all others is what it sends to the world, and what
-- all others send to it is what the world sends it. Margins are the publisher's sums of unrounded cells; half a percent
-- covers the cells too small to be shown. Two senders have a total of nought and no pair (XKX, MAF in December 2022).
{%- set tolerance = 0.005 %}

with pairs as (
    select * from {{ ref('fct_remittance') }}
    where dataset_id = 'knomad_remittance_bilateral'
),

margins as (
    select * from {{ ref('fct_remittance_aggregate') }}
    where dataset_id = 'knomad_remittance_bilateral'
),

sent as (
    select
        sending_iso3,
        year,
        sum(remittances_usd) as remittances_usd
    from pairs
    group by sending_iso3, year
),

received as (
    select
        receiving_iso3,
        year,
        sum(remittances_usd) as remittances_usd
    from pairs
    group by receiving_iso3, year
),

compared as (
    {% for side, other, added_up in [('sending', 'receiving', 'sent'), ('receiving', 'sending', 'received')] %}
        select
            '{{ side }}' as side,
            margins.{{ side }}_iso3 as iso3,
            margins.year,
            margins.remittances_usd as margin_usd,
            coalesce({{ added_up }}.remittances_usd, 0) as added_up_usd
        from margins
        left join {{ added_up }}
            on
                margins.{{ side }}_iso3 = {{ added_up }}.{{ side }}_iso3
                and margins.year = {{ added_up }}.year
        where
            margins.{{ other }}_iso3 = 'WLD'
            and margins.{{ side }}_iso3 <> 'WLD'
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select * from compared
    where abs(added_up_usd - margin_usd) > {{ tolerance }} * margin_usd
)

select * from final
