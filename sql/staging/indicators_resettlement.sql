/*
description = "The values of the indicators of resettlement, not yet with what they say"
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
SELECT
    'resettlement_steps' AS indicator,
    'resettlement_step' AS disaggregation,
    period_kind,
    period,
    'resettlement_step=' || step AS dimension,
    CAST(operations AS DOUBLE) AS value
FROM resettlement_by_step
UNION ALL
SELECT 'resettlement', 'none', period_kind, period, 'total', CAST(operations AS DOUBLE)
FROM resettlement_by_step
WHERE step = 'international_departure'
UNION ALL
SELECT 'resettlement', 'destination_country', period_kind, period, 'destination_country=' || destination_country, CAST(operations AS DOUBLE)
FROM resettlement_by_destination
UNION ALL
SELECT 'resettlement_cumulative', 'none', period_kind, period, 'total', CAST(operations_cumulative AS DOUBLE)
FROM resettlement_cumulative
