/*
description = "Persons visited by month, quarter, half-year and year, and those who moved in it"
grain = ["period", "kind"]
order = ["period_kind", "period", "kind"]
partition = "period"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period"
kind = "What the visits were about"
persons = "Distinct persons"
movers = "Distinct persons who moved in it, whatever they were visited for"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "visited_on"

[measures.movers]
unit = "person"
additivity = "none"
date_basis = "visited_on"

[[tests]]
unique = ["period", "kind"]
*/
WITH period_months AS (
    SELECT p.kind AS period_kind, p.period, m.start_on AS month_start
    FROM system.periods AS p
    JOIN system.periods AS m
        ON m.kind = 'month'
        AND m.start_on BETWEEN p.start_on AND p.end_on
),
visited AS (
    SELECT p.period_kind, p.period, v.kind, CAST(count(DISTINCT v.person_id) AS BIGINT) AS persons
    FROM visits_made AS v
    JOIN period_months AS p
        ON p.month_start = v.visited_month
    GROUP BY p.period_kind, p.period, v.kind
),
moved AS (
    SELECT p.period, CAST(count(DISTINCT m.person_id) AS BIGINT) AS movers
    FROM feeds.moves AS m
    JOIN period_months AS p
        ON p.month_start = CAST(date_trunc('month', m.moved_on) AS DATE)
    GROUP BY p.period
)
SELECT v.period_kind, v.period, v.kind, v.persons, coalesce(m.movers, 0) AS movers
FROM visited AS v
LEFT JOIN moved AS m
    ON m.period = v.period
