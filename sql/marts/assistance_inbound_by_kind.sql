/*
description = "Persons who returned to Morocco, in the period or before, and were assisted in the period by kind of assistance, every kind in every period that case files cover"
grain = ["period", "kind"]
partition = "period"
order = ["period_kind", "period", "kind"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
kind = "What the assistance is"
persons = "Distinct persons who were given assistance of the kind; 0 where nobody was; who got several kinds counts in each; the direction is what the record of the assistance says: whether the return is in the case files is checked in audit_totals"
instances = "Instances of assistance; a person may be assisted more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.instances]
unit = "instance"
additivity = ["period", "kind"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "kind", "persons", "instances"]

[[tests]]
unique = ["period", "kind"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "kind", codes = "assistance_kind" }

[[tests]]
sum_equals = { column = "instances", table = "assistance_inbound_total", by = ["period"] }
*/
WITH counted AS (
    SELECT
        p.period,
        a.kind,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS instances
    FROM assistance_given AS a
    JOIN period_months AS p
        ON p.month_start = a.given_month
    WHERE a.direction = 'inbound'
    GROUP BY p.period, a.kind
)
SELECT
    c.period_kind,
    c.period,
    assistance_kind.code AS kind,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.instances, 0) AS instances
FROM covered_periods AS c
CROSS JOIN codes.assistance_kind AS assistance_kind
LEFT JOIN counted AS n
    ON n.period = c.period
    AND n.kind = assistance_kind.code
WHERE c.stream = 'reintegration'
