/*
description = "Persons assisted and instances of assistance by direction, funding and kind; no row means none"
grain = ["period", "direction", "funding", "kind"]
partition = "period"
order = ["period_kind", "period", "direction", "funding", "kind"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
direction = "Direction of the return that it follows: outbound (from Morocco) or inbound (to Morocco)"
funding = "Who pays"
kind = "What the assistance is"
persons = "Distinct persons who were assisted"
instances = "Instances of assistance; a person may be assisted more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.instances]
unit = "instance"
additivity = ["period", "direction", "funding", "kind"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "direction", "funding", "kind", "persons", "instances"]

[[tests]]
unique = ["period", "direction", "funding", "kind"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "funding", codes = "funding" }

[[tests]]
accepted_codes = { column = "kind", codes = "assistance_kind" }
*/
SELECT
    p.period_kind,
    p.period,
    a.direction,
    a.funding,
    a.kind,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS instances
FROM assistance_given AS a
JOIN period_months AS p
    ON p.month_start = a.given_month
GROUP BY p.period_kind, p.period, a.direction, a.funding, a.kind
