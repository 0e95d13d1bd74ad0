/*
description = "Persons who were assisted in their country of origin under the mission's own funding by kind of assistance, every kind in every period that case files cover"
grain = ["period", "kind"]
partition = "period"
order = ["period_kind", "period", "kind"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
kind = "What the assistance is"
persons = "Distinct persons who were assisted in their country of origin under the mission's own funding; 0 where nobody was; who got several kinds counts in each"
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
sum_equals = { column = "instances", table = "reintegration_outbound_total", by = ["period"] }
*/
WITH counted AS (
    SELECT
        p.period,
        a.kind,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS instances
    FROM reintegration_given AS a
    JOIN period_months AS p
        ON p.month_start = a.given_month
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
