-- People of concern by sex and age group at the end of each year.
with changes as (
    select * from {{ change_log('unhcr', 'unhcr_demographics') }}
),

final as (
    select
        'unhcr_demographics' as dataset_id,
        year,
        coo as origin_unhcr_code,
        coo_iso as origin_code,
        coa as asylum_unhcr_code,
        coa_iso as asylum_code,
        total as persons,
        f_0_4 as female_0_4,
        f_5_11 as female_5_11,
        f_12_17 as female_12_17,
        f_18_59 as female_18_59,
        f_60 as female_60_and_over,
        f_other as female_unknown_age,
        f_total as female_total,
        m_0_4 as male_0_4,
        m_5_11 as male_5_11,
        m_12_17 as male_12_17,
        m_18_59 as male_18_59,
        m_60 as male_60_and_over,
        m_other as male_unknown_age,
        m_total as male_total,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
