/*
description = "Resettlement operations and persons by destination and the step taken in the period; no row means none"
grain = ["period", "destination_country", "step"]
partition = "period"
order = ["period_kind", "period", "destination_country", "step"]

[[reports]]
feed = "resettlement"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the step"
destination_country = "Country of resettlement, ISO 3166-1 alpha-3"
step = "A step of the operation; the international departure is the departure"
operations = "Operations that took the step; an operation counts in each step that it takes; add up over periods of one kind only"
persons = "Distinct persons whose operation took the step; a person counts in each step"

[measures.operations]
unit = "operation"
additivity = ["period", "destination_country"]
date_basis = "step_on"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "step_on"

[[tests]]
not_null = ["period_kind", "period", "destination_country", "step", "operations", "persons"]

[[tests]]
unique = ["period", "destination_country", "step"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "destination_country", codes = "country" }

[[tests]]
accepted_codes = { column = "step", codes = "resettlement_step" }
*/
SELECT
    p.period_kind,
    p.period,
    a.destination_country,
    a.step,
    CAST(count(*) AS BIGINT) AS operations,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons
FROM resettlement_steps AS a
JOIN period_months AS p
    ON p.month_start = a.step_month
GROUP BY p.period_kind, p.period, a.destination_country, a.step
