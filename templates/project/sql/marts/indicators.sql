/*
description = "Every indicator that `rihla reconcile` reads, one value a row"
grain = ["indicator", "period", "dimension"]

[columns]
indicator = "The indicator's code"
period = "The period, 2023-01, 2023-Q1, 2023-H1 or 2023"
dimension = "total, or a column and its member, sadd_group=men for example"
value = "The value; persons of different rows must not be added"

[measures.value]
unit = "person"
additivity = "none"
date_basis = "registered_on"

[[tests]]
not_null = ["indicator", "period", "dimension", "value"]

[[tests]]
unique = ["indicator", "period", "dimension"]
*/
SELECT 'registrations' AS indicator, p.period, 'total' AS dimension, CAST(count(DISTINCT r.person_id) AS BIGINT) AS value
FROM registered_persons AS r
JOIN system.periods AS p
    ON r.registered_on BETWEEN p.start_on AND p.end_on
GROUP BY p.period
UNION ALL
SELECT 'registrations', p.period, 'sadd_group=' || r.sadd_group, CAST(count(DISTINCT r.person_id) AS BIGINT)
FROM registered_persons AS r
JOIN system.periods AS p
    ON r.registered_on BETWEEN p.start_on AND p.end_on
GROUP BY p.period, r.sadd_group
