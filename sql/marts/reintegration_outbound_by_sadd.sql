/*
description = "Persons who were assisted in their country of origin under the mission's own funding by SADD group, every group in every period that case files cover"
grain = ["period", "sadd_group"]
partition = "period"
order = ["period_kind", "period", "sadd_group"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
sadd_group = "Sex and age group on the day of the assistance"
persons = "Distinct persons of the group who were assisted in their country of origin under the mission's own funding; 0 where nobody was"
instances = "Instances of assistance; a person may be assisted more than once; add up over periods of one kind only"
share_percent = "Percent of all distinct persons of the period, 0 to 100; null where there are none"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.instances]
unit = "instance"
additivity = ["period", "sadd_group"]
date_basis = "given_on"

[measures.share_percent]
unit = "share"
additivity = "none"
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "sadd_group", "persons", "instances"]

[[tests]]
unique = ["period", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
not_null = ["share_percent"]
where = "persons > 0"

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }

[[tests]]
sum_equals = { column = "instances", table = "reintegration_outbound_total", by = ["period"] }
*/
WITH counted AS (
    SELECT
        p.period,
        a.sadd_group,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS instances
    FROM reintegration_given AS a
    JOIN period_months AS p
        ON p.month_start = a.given_month
    GROUP BY p.period, a.sadd_group
)
SELECT
    c.period_kind,
    c.period,
    sadd_group.code AS sadd_group,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.instances, 0) AS instances,
    CASE WHEN c.persons > 0 THEN 100.0 * CAST(coalesce(n.persons, 0) AS DOUBLE) / CAST(c.persons AS DOUBLE) END AS share_percent
FROM reintegration_outbound_total AS c
CROSS JOIN codes.sadd_group AS sadd_group
LEFT JOIN counted AS n
    ON n.period = c.period
    AND n.sadd_group = sadd_group.code
