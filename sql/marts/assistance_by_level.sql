/*
description = "Persons assisted and instances of assistance by direction, dimension and level; no row means none"
grain = ["period", "direction", "dimension", "level"]
partition = "period"
order = ["period_kind", "period", "direction", "dimension", "level"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
direction = "Direction of the return that it follows: outbound (from Morocco) or inbound (to Morocco)"
dimension = "The dimension of reintegration that it serves"
level = "Whom it reaches; unspecified where not given"
persons = "Distinct persons who were assisted"
instances = "Instances of assistance; a person may be assisted more than once; add up over periods of one kind only"

[hxl]
dimension = "#service+dimension+code"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.instances]
unit = "instance"
additivity = ["period", "direction", "dimension", "level"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "direction", "dimension", "level", "persons", "instances"]

[[tests]]
unique = ["period", "direction", "dimension", "level"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "dimension", codes = "dimension" }

[[tests]]
accepted_codes = { column = "level", codes = "assistance_level" }
where = "level <> 'unspecified'"
*/
SELECT
    p.period_kind,
    p.period,
    a.direction,
    a.dimension,
    a.level,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS instances
FROM assistance_given AS a
JOIN period_months AS p
    ON p.month_start = a.given_month
GROUP BY p.period_kind, p.period, a.direction, a.dimension, a.level
