/*
description = "How much of voluntary return from Morocco goes to the countries with most persons, for the first one to ten of them"
grain = ["period", "top_n"]
partition = "period"
order = ["period_kind", "period", "top_n"]

[[reports]]
feed = "returns"
offices = "country = 'MAR'"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of departure"
top_n = "How many countries are taken, by the rank of returns_outbound_by_country; all where there are fewer"
persons = "Distinct persons who departed to one of them"
share_percent = "Percent of all distinct persons who departed in the period, 0 to 100; null where nobody did"
persons_outside = "Distinct persons who departed to any other country; who departed to both sides counts on both"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[measures.share_percent]
unit = "share"
additivity = "none"
date_basis = "departed_on"

[measures.persons_outside]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[[tests]]
not_null = ["period_kind", "period", "top_n", "persons", "persons_outside"]

[[tests]]
not_null = ["share_percent"]
where = "persons > 0"

[[tests]]
unique = ["period", "top_n"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted = { column = "top_n", values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }
*/
WITH tops AS (
    SELECT CAST(n AS BIGINT) AS top_n
    FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) AS t (n)
),
-- A person's best and worst rank decide on which sides of every cut they stand, so nobody is counted twice.
reached AS (
    SELECT
        p.period,
        m.person_id,
        min(c.rank) AS best_rank,
        max(c.rank) AS worst_rank
    FROM movements AS m
    JOIN period_months AS p
        ON p.month_start = m.departed_month
    JOIN returns_outbound_by_country AS c
        ON c.period = p.period
        AND c.country_of_origin = m.country_of_origin
    WHERE m.direction = 'outbound'
    GROUP BY p.period, m.person_id
),
spread AS (
    SELECT period, best_rank, worst_rank, count(*) AS persons
    FROM reached
    GROUP BY period, best_rank, worst_rank
),
cuts AS (
    SELECT
        s.period,
        t.top_n,
        coalesce(sum(s.persons) FILTER (WHERE s.best_rank <= t.top_n), 0) AS persons,
        coalesce(sum(s.persons) FILTER (WHERE s.worst_rank > t.top_n), 0) AS persons_outside
    FROM spread AS s
    CROSS JOIN tops AS t
    GROUP BY s.period, t.top_n
)
SELECT
    a.period_kind,
    a.period,
    t.top_n,
    CAST(coalesce(c.persons, 0) AS BIGINT) AS persons,
    CASE WHEN a.persons > 0 THEN 100.0 * CAST(coalesce(c.persons, 0) AS DOUBLE) / CAST(a.persons AS DOUBLE) END AS share_percent,
    CAST(coalesce(c.persons_outside, 0) AS BIGINT) AS persons_outside
FROM returns_outbound_total AS a
CROSS JOIN tops AS t
LEFT JOIN cuts AS c
    ON c.period = a.period
    AND c.top_n = t.top_n
