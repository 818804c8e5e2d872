-- Hires and separations by education, industry and state; education and firm size are never crossed.
with changes as (
    select * from {{ change_log('lehd', 'lehd_j2j_education') }}
),

final as (
    select
        'lehd_j2j_education' as dataset_id,
        geography as state_code,
        industry,
        education,
        year,
        quarter,
        mainb as main_jobs_begin,
        maine as main_jobs_end,
        mhire as main_hires,
        msep as main_separations,
        eehire as ee_hires,
        eesep as ee_separations,
        aqhire as aq_hires,
        aqsep as aq_separations,
        j2jhire as j2j_hires,
        j2jsep as j2j_separations,
        nehire as nonemployment_hires,
        ensep as nonemployment_separations,
        eesepsearn_orig as earnings_before_ee_separation,
        eehiresearn_dest as earnings_after_ee_hire,
        smainb as main_jobs_begin_status,
        smaine as main_jobs_end_status,
        smhire as main_hires_status,
        smsep as main_separations_status,
        seehire as ee_hires_status,
        seesep as ee_separations_status,
        saqhire as aq_hires_status,
        saqsep as aq_separations_status,
        sj2jhire as j2j_hires_status,
        sj2jsep as j2j_separations_status,
        snehire as nonemployment_hires_status,
        sensep as nonemployment_separations_status,
        seesepsearn_orig as earnings_before_ee_separation_status,
        seehiresearn_dest as earnings_after_ee_hire_status,
        change,
        recorded_at,
        published,
        receipt,
        part
    from changes
)

select * from final
