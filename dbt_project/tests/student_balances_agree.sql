-- UNESCO publishes those who leave, those who come and their balance, each by itself. In one edition the balance is the
-- difference; where the three are of editions apart, hosts that reported late have raised the students abroad since. A
-- balance further off than a tenth of all who move is allowed to one country-year in ten, no more.
{%- set tolerance = 0.1 %}
{%- set most_apart = 0.1 %}

with balances as (
    select
        year,
        net_flow,
        published_net_flow,
        inbound + outbound as moving
    from {{ ref('mart_student_mobility') }}
    where collection = 'unesco' and net_flow is not null and published_net_flow is not null
),

final as (
    select
        count(*) as n_balances,
        count(case when abs(net_flow - published_net_flow) > {{ tolerance }} * moving then 1 end) as n_apart
    from balances
    having
        count(case when abs(net_flow - published_net_flow) > {{ tolerance }} * moving then 1 end)
        > {{ most_apart }} * count(*)
)

select * from final
