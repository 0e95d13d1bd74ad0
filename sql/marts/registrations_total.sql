/*
description = "Persons who registered with the programme in every period that case files cover"
grain = ["period"]
partition = "period"
order = ["period_kind", "period"]

[[reports]]
feed = "registrations"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of registration"
persons = "Distinct persons who registered; 0 where nobody did; so far as reported, see covered_periods and completeness"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "registered_on"

[[tests]]
not_null = ["period_kind", "period", "persons"]

[[tests]]
unique = ["period"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
change = { column = "persons", max_percent = 5 }
where = "period_kind = 'year' AND period = '2022'"
severity = "warn"
description = "Figures of 2022 were published: a change is a restatement"
*/
WITH counted AS (
    SELECT p.period, CAST(count(DISTINCT r.person_id) AS BIGINT) AS persons
    FROM registered_persons AS r
    JOIN period_months AS p
        ON p.month_start = r.registered_month
    GROUP BY p.period
)
SELECT
    c.period_kind,
    c.period,
    coalesce(n.persons, 0) AS persons
FROM covered_periods AS c
LEFT JOIN counted AS n
    ON n.period = c.period
WHERE c.stream = 'registrations'
