/*
description = "Persons and movements of voluntary return from Morocco in every period that case files cover"
grain = ["period"]
partition = "period"
order = ["period_kind", "period"]

[[reports]]
feed = "returns"
offices = "country = 'MAR'"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of departure"
persons = "Distinct persons who departed; 0 where nobody did; so far as reported, see covered_periods and completeness"
movements = "Departures; a person may depart more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[measures.movements]
unit = "movement"
additivity = ["period"]
date_basis = "departed_on"

[[tests]]
not_null = ["period_kind", "period", "persons", "movements"]

[[tests]]
unique = ["period"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
change = { column = "persons", max_percent = 5 }
where = "period_kind = 'year' AND period = '2022'"
severity = "warn"
description = "Figures of 2022 were published: a change is a restatement"

[[tests]]
expression = "movements >= persons AND persons >= 0"
description = "A movement is one person's"
*/
WITH counted AS (
    SELECT
        p.period,
        CAST(count(DISTINCT m.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS movements
    FROM movements AS m
    JOIN period_months AS p
        ON p.month_start = m.departed_month
    WHERE m.direction = 'outbound'
    GROUP BY p.period
)
SELECT
    c.period_kind,
    c.period,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.movements, 0) AS movements
FROM covered_periods AS c
LEFT JOIN counted AS n
    ON n.period = c.period
WHERE c.stream = 'returns_outbound'
