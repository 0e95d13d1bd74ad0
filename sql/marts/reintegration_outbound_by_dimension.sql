/*
description = "Persons who were assisted in their country of origin under the mission's own funding by dimension of reintegration, every dimension in every period that case files cover"
grain = ["period", "dimension"]
partition = "period"
order = ["period_kind", "period", "dimension"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
dimension = "The dimension of reintegration that the assistance serves"
persons = "Distinct persons who were assisted in their country of origin under the mission's own funding; 0 where nobody was; who was assisted in several dimensions counts in each"
instances = "Instances of assistance; a person may be assisted more than once; add up over periods of one kind only"

[hxl]
dimension = "#service+dimension+code"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.instances]
unit = "instance"
additivity = ["period", "dimension"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "dimension", "persons", "instances"]

[[tests]]
unique = ["period", "dimension"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "dimension", codes = "dimension" }

[[tests]]
sum_equals = { column = "instances", table = "reintegration_outbound_total", by = ["period"] }
*/
WITH counted AS (
    SELECT
        p.period,
        a.dimension,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS instances
    FROM reintegration_given AS a
    JOIN period_months AS p
        ON p.month_start = a.given_month
    GROUP BY p.period, a.dimension
)
SELECT
    c.period_kind,
    c.period,
    dimension.code AS dimension,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.instances, 0) AS instances
FROM covered_periods AS c
CROSS JOIN codes.dimension AS dimension
LEFT JOIN counted AS n
    ON n.period = c.period
    AND n.dimension = dimension.code
WHERE c.stream = 'reintegration'
