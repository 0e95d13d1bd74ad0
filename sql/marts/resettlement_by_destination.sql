/*
description = "Resettlement operations facilitated and persons resettled by destination, in the period of the international departure; no row means none"
grain = ["period", "destination_country"]
partition = "period"
order = ["period_kind", "period", "destination_country"]

[[reports]]
feed = "resettlement"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the international departure"
destination_country = "Country of resettlement, ISO 3166-1 alpha-3"
operations = "Operations whose international departure took place; add up over periods of one kind only"
persons = "Distinct persons who departed"

[measures.operations]
unit = "operation"
additivity = ["period", "destination_country"]
date_basis = "step_on"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "step_on"

[[tests]]
not_null = ["period_kind", "period", "destination_country", "operations", "persons"]

[[tests]]
unique = ["period", "destination_country"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "destination_country", codes = "country" }
*/
SELECT
    p.period_kind,
    p.period,
    a.destination_country,
    CAST(count(*) AS BIGINT) AS operations,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons
FROM resettlement_steps AS a
JOIN period_months AS p
    ON p.month_start = a.step_month
WHERE a.step = 'international_departure'
GROUP BY p.period_kind, p.period, a.destination_country
