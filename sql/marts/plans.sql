/*
description = "Persons and plans by direction, the plan's latest known state and SADD group, in the period in which that state began; no row means nobody"
grain = ["period", "direction", "state", "sadd_group"]
partition = "period"
order = ["period_kind", "period", "direction", "state", "sadd_group"]

[[reports]]
feed = "plans"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the state's beginning"
direction = "Direction of the return that the plan follows: outbound (from Morocco) or inbound (to Morocco)"
state = "The latest known state of the plan"
sadd_group = "Sex and age group on the day of the state's beginning"
persons = "Distinct persons whose plan came into its latest known state in the period"
plans = "Plans that came into their latest known state in the period; a person may have several; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "state_since"

[measures.plans]
unit = "plan"
additivity = ["period", "direction", "state", "sadd_group"]
date_basis = "state_since"

[[tests]]
not_null = ["period_kind", "period", "direction", "state", "sadd_group", "persons", "plans"]

[[tests]]
unique = ["period", "direction", "state", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "state", codes = "plan_state" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
SELECT
    p.period_kind,
    p.period,
    a.direction,
    a.state,
    a.sadd_group,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS plans
FROM plans_current AS a
JOIN period_months AS p
    ON p.month_start = a.state_month
GROUP BY p.period_kind, p.period, a.direction, a.state, a.sadd_group
