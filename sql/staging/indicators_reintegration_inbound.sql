/*
description = "The values of the indicators of reintegration in Morocco, not yet with what they say"
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
    'counselling_inbound' AS indicator,
    'none' AS disaggregation,
    period_kind,
    period,
    CAST('total' AS VARCHAR) AS dimension,
    CAST(persons_counselled AS DOUBLE) AS value
FROM counselling_inbound
UNION ALL
SELECT 'counselling_inbound', 'sadd_group', period_kind, period, 'sadd_group=' || sadd_group, CAST(persons_counselled AS DOUBLE)
FROM counselling_inbound_by_sadd
UNION ALL
SELECT 'counselling_inbound_share_percent', 'none', period_kind, period, 'total', share_percent
FROM counselling_inbound
WHERE share_percent IS NOT NULL
UNION ALL
SELECT 'assistance_inbound', 'none', period_kind, period, 'total', CAST(persons AS DOUBLE)
FROM assistance_inbound_total
UNION ALL
SELECT 'assistance_inbound', 'assistance_kind', period_kind, period, 'assistance_kind=' || kind, CAST(persons AS DOUBLE)
FROM assistance_inbound_by_kind
UNION ALL
SELECT 'assistance_inbound', 'sadd_group', period_kind, period, 'sadd_group=' || sadd_group, CAST(persons AS DOUBLE)
FROM assistance_inbound_by_sadd
UNION ALL
SELECT 'assistance_inbound_instances', 'none', period_kind, period, 'total', CAST(instances AS DOUBLE)
FROM assistance_inbound_total
UNION ALL
SELECT 'assistance_inbound_instances', 'assistance_kind', period_kind, period, 'assistance_kind=' || kind, CAST(instances AS DOUBLE)
FROM assistance_inbound_by_kind
UNION ALL
SELECT 'plans_inbound', 'plan_state', period_kind, period, 'plan_state=' || state, CAST(persons AS DOUBLE)
FROM plans_by_state
WHERE direction = 'inbound'
UNION ALL
SELECT 'plans_outbound', 'plan_state', period_kind, period, 'plan_state=' || state, CAST(persons AS DOUBLE)
FROM plans_by_state
WHERE direction = 'outbound'
