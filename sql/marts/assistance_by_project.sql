/*
description = "Persons assisted and instances of assistance by direction and the donor and project that pay; no row means none"
grain = ["period", "direction", "donor", "project"]
partition = "period"
order = ["period_kind", "period", "direction", "donor", "project"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
direction = "Direction of the return that it follows: outbound (from Morocco) or inbound (to Morocco)"
donor = "The donor whose funds pay; unspecified where not given"
project = "The project that pays; unspecified where not given"
persons = "Distinct persons who were assisted"
instances = "Instances of assistance; a person may be assisted more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.instances]
unit = "instance"
additivity = ["period", "direction", "donor", "project"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "direction", "donor", "project", "persons", "instances"]

[[tests]]
unique = ["period", "direction", "donor", "project"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "donor", codes = "donor" }
where = "donor <> 'unspecified'"

[[tests]]
accepted_codes = { column = "project", codes = "project" }
where = "project <> 'unspecified'"
*/
SELECT
    p.period_kind,
    p.period,
    a.direction,
    a.donor,
    a.project,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS instances
FROM assistance_given AS a
JOIN period_months AS p
    ON p.month_start = a.given_month
GROUP BY p.period_kind, p.period, a.direction, a.donor, a.project
