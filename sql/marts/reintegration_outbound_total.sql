/*
description = "Persons who returned from Morocco and were assisted in their country of origin under the mission's own funding, save with cash in place of reintegration, in every period that case files cover"
grain = ["period"]
partition = "period"
order = ["period_kind", "period"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
persons = "Distinct persons who were assisted in their country of origin under the mission's own funding; 0 where nobody was; so far as reported, see covered_periods and completeness"
instances = "Instances of assistance; a person may be assisted more than once; add up over periods of one kind only"
unaccompanied_children = "Distinct unaccompanied or separated children among persons"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.instances]
unit = "instance"
additivity = ["period"]
date_basis = "given_on"

[measures.unaccompanied_children]
unit = "person"
additivity = "none"
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "persons", "instances", "unaccompanied_children"]

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
        CAST(count(*) AS BIGINT) AS instances,
        CAST(count(DISTINCT a.person_id) FILTER (WHERE a.unaccompanied_child) AS BIGINT) AS unaccompanied_children
    FROM reintegration_given AS a
    JOIN period_months AS p
        ON p.month_start = a.given_month
    GROUP BY p.period
)
SELECT
    c.period_kind,
    c.period,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.instances, 0) AS instances,
    coalesce(n.unaccompanied_children, 0) AS unaccompanied_children
FROM covered_periods AS c
LEFT JOIN counted AS n
    ON n.period = c.period
WHERE c.stream = 'reintegration'
