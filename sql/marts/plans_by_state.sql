/*
description = "Persons and plans by direction and the plan's latest known state, in the period in which that state began, every state in every period that case files cover"
grain = ["period", "direction", "state"]
partition = "period"
order = ["period_kind", "period", "direction", "state"]

[[reports]]
feed = "plans"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the state's beginning"
direction = "Direction of the return that the plan follows: outbound (from Morocco) or inbound (to Morocco)"
state = "The latest known state of the plan"
persons = "Distinct persons whose plan came into its latest known state in the period; 0 where nobody's did; a later state takes the plan out of the earlier one"
plans = "Plans that came into their latest known state in the period; a person may have several; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "state_since"

[measures.plans]
unit = "plan"
additivity = ["period", "direction", "state"]
date_basis = "state_since"

[[tests]]
not_null = ["period_kind", "period", "direction", "state", "persons", "plans"]

[[tests]]
unique = ["period", "direction", "state"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "state", codes = "plan_state" }
*/
WITH counted AS (
    SELECT
        p.period,
        a.direction,
        a.state,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS plans
    FROM plans_current AS a
    JOIN period_months AS p
        ON p.month_start = a.state_month
    GROUP BY p.period, a.direction, a.state
)
SELECT
    c.period_kind,
    c.period,
    direction.code AS direction,
    plan_state.code AS state,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.plans, 0) AS plans
FROM covered_periods AS c
CROSS JOIN codes.direction AS direction
CROSS JOIN codes.plan_state AS plan_state
LEFT JOIN counted AS n
    ON n.period = c.period
    AND n.direction = direction.code
    AND n.state = plan_state.code
WHERE c.stream = 'plans'
