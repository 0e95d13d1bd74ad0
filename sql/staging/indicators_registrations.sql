/*
description = "The values of the indicators of registration, not yet with what they say"
grain = ["indicator", "period", "dimension"]

[columns]
indicator = "The indicator's code, a row of ref.indicators"
disaggregation = "What the value is broken down by; none for totals"
period_kind = "month, quarter, half-year or year"
period = "The period, 2023-01, 2023-Q1, 2023-H1 or 2023"
dimension = "total, or the disaggregation and its member, sadd_group=men for example"
value = "The value in the indicator's unit, not rounded"

[measures.value]
unit = "by indicator"
additivity = "none"
date_basis = "by indicator"

[[tests]]
not_null = ["indicator", "disaggregation", "period_kind", "period", "dimension", "value"]

[[tests]]
unique = ["indicator", "period", "dimension"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }
*/
-- No table holds channels alone: persons are counted here, never added up from finer rows.
WITH by_channel AS (
    SELECT p.period, r.channel, count(DISTINCT r.person_id) AS persons
    FROM registered_persons AS r
    JOIN period_months AS p
        ON p.month_start = r.registered_month
    GROUP BY p.period, r.channel
)
SELECT
    'registrations' AS indicator,
    'none' AS disaggregation,
    period_kind,
    period,
    CAST('total' AS VARCHAR) AS dimension,
    CAST(persons AS DOUBLE) AS value
FROM registrations_total
UNION ALL
SELECT 'registrations', 'sadd_group', period_kind, period, 'sadd_group=' || sadd_group, CAST(persons AS DOUBLE)
FROM registrations_by_sadd
UNION ALL
SELECT 'registrations', 'channel', t.period_kind, t.period, 'channel=' || k.code, CAST(coalesce(n.persons, 0) AS DOUBLE)
FROM registrations_total AS t
CROSS JOIN codes.channel AS k
LEFT JOIN by_channel AS n
    ON n.period = t.period
    AND n.channel = k.code
