-- Stocks of people who live in one place and come from another, of every publisher, in one shape: pairs of countries,
-- totals, groups and residuals alike. A table without origins, or without destinations, speaks of the world.

with oecd_by_citizenship as (
    {{ in_force(
        ref('stg_oecd__migration_by_citizenship'), ['part', 'reference_area_code', 'citizenship_code', 'sex', 'year']
    ) }}
),

oecd_by_birth as (
    {{ in_force(
        ref('stg_oecd__foreign_born_stocks'), ['part', 'reference_area_code', 'birth_country_code', 'sex', 'year']
    ) }}
),

eurostat_foreigners as (
    {{ in_force(ref('stg_eurostat__foreign_population'), ['part', 'reference_area_code', 'year']) }}
),

eurostat_by_birth as (
    {{ in_force(
        ref('stg_eurostat__population_by_birth'), ['part', 'birth_country_code', 'reference_area_code', 'year']
    ) }}
),

undesa_by_destination as (
    {{ in_force(ref('stg_un_desa__stock_by_destination'), ['part', 'destination_code', 'sex', 'year']) }}
),

undesa_by_destination_2020 as (
    {{ in_force(ref('stg_un_desa__stock_by_destination_2020'), ['part', 'destination_code', 'sex', 'year']) }}
),

undesa_by_pair as (
    {{ in_force(
        ref('stg_un_desa__stock_by_destination_and_origin'), ['part', 'destination_code', 'origin_code', 'sex', 'year']
    ) }}
),

undesa_by_origin as (
    {{ in_force(ref('stg_un_desa__stock_by_origin'), ['part', 'origin_code', 'sex', 'year']) }}
),

iab as (
    {{ in_force(ref('stg_iab__bilateral_stock'), ['part', 'destination_code', 'origin_code', 'sex', 'year']) }}
),

gbmd as (
    {{ in_force(ref('stg_gbmd__bilateral_stock'), ['part', 'sex', 'destination_code', 'origin_code', 'year']) }}
),

oecd as (
    select
        dataset_id,
        part,
        citizenship_code as origin_code,
        reference_area_code as destination_code,
        year,
        sex,
        'citizenship' as basis,
        persons,
        obs_status,
        published,
        recorded_at,
        receipt
    from oecd_by_citizenship
    where measure = 'B15'
    union all
    select
        dataset_id,
        part,
        birth_country_code as origin_code,
        reference_area_code as destination_code,
        year,
        sex,
        'birth' as basis,
        persons,
        obs_status,
        published,
        recorded_at,
        receipt
    from oecd_by_birth
),

eurostat as (
    select
        dataset_id,
        part,
        citizenship_code as origin_code,
        reference_area_code as destination_code,
        year,
        sex,
        'citizenship' as basis,
        persons,
        obs_status,
        published,
        recorded_at,
        receipt
    from eurostat_foreigners
    union all
    select
        dataset_id,
        part,
        birth_country_code as origin_code,
        reference_area_code as destination_code,
        year,
        sex,
        'birth' as basis,
        persons,
        obs_status,
        published,
        recorded_at,
        receipt
    from eurostat_by_birth
),

-- What an estimate rests on: B births, C citizens, I imputed; R says that refugees were added to either.
un_desa as (
    {% for relation, origin, destination, data_type in [
        ('undesa_by_destination', "'900'", 'destination_code', 'data_type'),
        ('undesa_by_destination_2020', "'900'", 'destination_code', 'data_type'),
        ('undesa_by_pair', 'origin_code', 'destination_code', 'data_type'),
        ('undesa_by_origin', 'origin_code', "'900'", "cast(null as varchar)"),
    ] %}
        select
            dataset_id,
            part,
            {{ origin }} as origin_code,
            {{ destination }} as destination_code,
            year,
            sex,
            case
                when {{ data_type }} in ('B', 'B R') then 'birth'
                when {{ data_type }} in ('C', 'C R') then 'citizenship'
                else 'mixed'
            end as basis,
            persons,
            cast(null as varchar) as obs_status,
            published,
            recorded_at,
            receipt
        from {{ relation }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

iab_by_basis as (
    select
        dataset_id,
        part,
        origin_code,
        destination_code,
        year,
        sex,
        case basis when 'Country of birth' then 'birth' when 'Citizenship' then 'citizenship' else 'mixed' end as basis,
        persons,
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from iab
),

-- By birth where a census asked for it, else by citizenship; the file does not say where which.
gbmd_mixed as (
    select
        dataset_id,
        part,
        origin_code,
        destination_code,
        year,
        sex,
        'mixed' as basis,
        persons,
        cast(null as varchar) as obs_status,
        published,
        recorded_at,
        receipt
    from gbmd
),

under_keys as (
    {{ under_country_keys('oecd', {'origin': 'oecd_area', 'destination': 'oecd_area'}) }}
    union all
    {{ under_country_keys('eurostat', {'origin': 'eurostat_geo', 'destination': 'eurostat_geo'}) }}
    union all
    {{ under_country_keys('un_desa', {'origin': 'undesa_m49', 'destination': 'undesa_m49'}) }}
    union all
    {{ under_country_keys('iab_by_basis', {'origin': 'iab', 'destination': 'iso3'}) }}
    union all
    {{ under_country_keys('gbmd_mixed', {'origin': 'gbmd', 'destination': 'gbmd'}) }}
),

-- Who lives where they come from is no migrant: natives, or nationals, stand in these tables beside those who came.
final as (
    select
        dataset_id,
        part,
        origin_code,
        destination_code,
        case when origin_code = 'NAT' then destination_iso3 else origin_iso3 end as origin_iso3,
        case
            when origin_code = 'NAT' or origin_iso3 = destination_iso3 then 'natives' else origin_type
        end as origin_type,
        destination_iso3,
        destination_type,
        year,
        sex,
        basis,
        persons,
        obs_status,
        published,
        recorded_at,
        receipt
    from under_keys
)

select * from final
