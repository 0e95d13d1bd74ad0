/*
description = "Persons who returned to Morocco, in the period or before, and were assisted in the period by kind of assistance and SADD group; no row means none"
grain = ["period", "kind", "sadd_group"]
partition = "period"
order = ["period_kind", "period", "kind", "sadd_group"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
kind = "What the assistance is"
sadd_group = "Sex and age group on the day of the assistance"
persons = "Distinct persons who were given assistance of the kind; the direction is what the record of the assistance says: whether the return is in the case files is checked in audit_totals"
instances = "Instances of assistance; a person may be assisted more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.instances]
unit = "instance"
additivity = ["period", "kind", "sadd_group"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "kind", "sadd_group", "persons", "instances"]

[[tests]]
unique = ["period", "kind", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "kind", codes = "assistance_kind" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
SELECT
    p.period_kind,
    p.period,
    a.kind,
    a.sadd_group,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS instances
FROM assistance_given AS a
JOIN period_months AS p
    ON p.month_start = a.given_month
WHERE a.direction = 'inbound'
GROUP BY p.period_kind, p.period, a.kind, a.sadd_group
