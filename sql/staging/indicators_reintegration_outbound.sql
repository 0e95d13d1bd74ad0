/*
description = "The values of the indicators of reintegration in countries of origin, not yet with what they say"
grain = ["indicator", "period", "dimension"]
partition = "period"

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
WITH countries AS (
    SELECT period, count(*) AS countries
    FROM reintegration_outbound_by_country
    GROUP BY period
)
SELECT
    'reintegration_outbound' AS indicator,
    'none' AS disaggregation,
    period_kind,
    period,
    CAST('total' AS VARCHAR) AS dimension,
    CAST(persons AS DOUBLE) AS value
FROM reintegration_outbound_total
UNION ALL
SELECT 'reintegration_outbound', 'sadd_group', period_kind, period, 'sadd_group=' || sadd_group, CAST(persons AS DOUBLE)
FROM reintegration_outbound_by_sadd
UNION ALL
SELECT 'reintegration_outbound', 'country', period_kind, period, 'country=' || country, CAST(persons AS DOUBLE)
FROM reintegration_outbound_by_country
UNION ALL
SELECT 'reintegration_outbound', 'reintegration_dimension', period_kind, period, 'reintegration_dimension=' || dimension, CAST(persons AS DOUBLE)
FROM reintegration_outbound_by_dimension
UNION ALL
SELECT 'reintegration_outbound_instances', 'none', period_kind, period, 'total', CAST(instances AS DOUBLE)
FROM reintegration_outbound_total
UNION ALL
SELECT 'reintegration_outbound_unaccompanied_children', 'none', period_kind, period, 'total', CAST(unaccompanied_children AS DOUBLE)
FROM reintegration_outbound_total
UNION ALL
SELECT 'reintegration_outbound_countries', 'none', t.period_kind, t.period, 'total', CAST(coalesce(c.countries, 0) AS DOUBLE)
FROM reintegration_outbound_total AS t
LEFT JOIN countries AS c
    ON c.period = t.period
UNION ALL
SELECT 'reintegration_outbound_cash_instead', 'country', period_kind, period, 'country=' || country, CAST(persons AS DOUBLE)
FROM reintegration_outbound_cash_instead
