/*
description = "Resettlement operations and persons by the step taken in the period, every step in every period that case files cover"
grain = ["period", "step"]
partition = "period"
order = ["period_kind", "period", "step"]

[[reports]]
feed = "resettlement"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the step"
step = "A step of the operation; the international departure is the departure"
operations = "Operations that took the step, 0 where none did; an operation counts in each step that it takes; add up over periods of one kind only"
persons = "Distinct persons whose operation took the step; a person counts in each step"

[measures.operations]
unit = "operation"
additivity = ["period"]
date_basis = "step_on"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "step_on"

[[tests]]
not_null = ["period_kind", "period", "step", "operations", "persons"]

[[tests]]
unique = ["period", "step"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "step", codes = "resettlement_step" }
*/
WITH counted AS (
    SELECT
        p.period,
        a.step,
        CAST(count(*) AS BIGINT) AS operations,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons
    FROM resettlement_steps AS a
    JOIN period_months AS p
        ON p.month_start = a.step_month
    GROUP BY p.period, a.step
)
SELECT
    c.period_kind,
    c.period,
    resettlement_step.code AS step,
    coalesce(n.operations, 0) AS operations,
    coalesce(n.persons, 0) AS persons
FROM covered_periods AS c
CROSS JOIN codes.resettlement_step AS resettlement_step
LEFT JOIN counted AS n
    ON n.period = c.period
    AND n.step = resettlement_step.code
WHERE c.stream = 'resettlement'
