/*
description = "Persons and movements of voluntary return from Morocco by SADD group, every group in every period that case files cover"
grain = ["period", "sadd_group"]
partition = "period"
order = ["period_kind", "period", "sadd_group"]

[[reports]]
feed = "returns"
offices = "country = 'MAR'"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of departure"
sadd_group = "Sex and age group on the day of departure"
persons = "Distinct persons who departed; 0 where nobody of the group did"
movements = "Departures; a person may depart more than once; add up over periods of one kind only"
share_percent = "Percent of all distinct persons who departed in the period, 0 to 100; null where nobody did"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[measures.movements]
unit = "movement"
additivity = ["period", "sadd_group"]
date_basis = "departed_on"

[measures.share_percent]
unit = "share"
additivity = "none"
date_basis = "departed_on"

[[tests]]
not_null = ["period_kind", "period", "sadd_group", "persons", "movements"]

[[tests]]
not_null = ["share_percent"]
where = "persons > 0"

[[tests]]
unique = ["period", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }

[[tests]]
sum_equals = { column = "movements", table = "returns_outbound_total", by = ["period"] }
*/
WITH counted AS (
    SELECT
        p.period,
        m.sadd_group,
        CAST(count(DISTINCT m.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS movements
    FROM movements AS m
    JOIN period_months AS p
        ON p.month_start = m.departed_month
    WHERE m.direction = 'outbound'
    GROUP BY p.period, m.sadd_group
)
SELECT
    t.period_kind,
    t.period,
    g.code AS sadd_group,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.movements, 0) AS movements,
    CASE WHEN t.persons > 0 THEN 100.0 * CAST(coalesce(n.persons, 0) AS DOUBLE) / CAST(t.persons AS DOUBLE) END AS share_percent
FROM returns_outbound_total AS t
CROSS JOIN codes.sadd_group AS g
LEFT JOIN counted AS n
    ON n.period = t.period
    AND n.sadd_group = g.code
