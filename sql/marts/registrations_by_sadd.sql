/*
description = "Persons who registered with the programme by SADD group, every group in every period that case files cover"
grain = ["period", "sadd_group"]
partition = "period"
order = ["period_kind", "period", "sadd_group"]

[[reports]]
feed = "registrations"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of registration"
sadd_group = "Sex and age group on the day of registration"
persons = "Distinct persons who registered; 0 where nobody of the group did"
share_percent = "Percent of all distinct persons who registered in the period, 0 to 100; null where nobody did"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "registered_on"

[measures.share_percent]
unit = "share"
additivity = "none"
date_basis = "registered_on"

[[tests]]
not_null = ["period_kind", "period", "sadd_group", "persons"]

[[tests]]
not_null = ["share_percent"]
where = "persons > 0"

[[tests]]
unique = ["period", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
WITH counted AS (
    SELECT
        p.period,
        r.sadd_group,
        CAST(count(DISTINCT r.person_id) AS BIGINT) AS persons
    FROM registered_persons AS r
    JOIN period_months AS p
        ON p.month_start = r.registered_month
    GROUP BY p.period, r.sadd_group
)
SELECT
    t.period_kind,
    t.period,
    g.code AS sadd_group,
    coalesce(n.persons, 0) AS persons,
    CASE WHEN t.persons > 0 THEN 100.0 * CAST(coalesce(n.persons, 0) AS DOUBLE) / CAST(t.persons AS DOUBLE) END AS share_percent
FROM registrations_total AS t
CROSS JOIN codes.sadd_group AS g
LEFT JOIN counted AS n
    ON n.period = t.period
    AND n.sadd_group = g.code
