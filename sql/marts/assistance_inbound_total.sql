/*
description = "Persons who returned to Morocco, in the period or before, and were assisted in the period, in every period that case files cover"
grain = ["period"]
partition = "period"
order = ["period_kind", "period"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
persons = "Distinct persons who returned to Morocco, in the period or before, and were assisted in the period; 0 where nobody was; so far as reported, see covered_periods and completeness; the direction is what the record of the assistance says: whether the return is in the case files is checked in audit_totals"
instances = "Instances of assistance; a person may be assisted more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.instances]
unit = "instance"
additivity = ["period"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "persons", "instances"]

[[tests]]
unique = ["period"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
expression = "instances >= persons AND persons >= 0"
description = "An instance of assistance is given to one person"
*/
WITH counted AS (
    SELECT
        p.period,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS instances
    FROM assistance_given AS a
    JOIN period_months AS p
        ON p.month_start = a.given_month
    WHERE a.direction = 'inbound'
    GROUP BY p.period
)
SELECT
    c.period_kind,
    c.period,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.instances, 0) AS instances
FROM covered_periods AS c
LEFT JOIN counted AS n
    ON n.period = c.period
WHERE c.stream = 'reintegration'
