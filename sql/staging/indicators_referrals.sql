/*
description = "The values of the indicators of referrals to partners, not yet with what they say"
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
    'referrals_inbound' AS indicator,
    'none' AS disaggregation,
    period_kind,
    period,
    CAST('total' AS VARCHAR) AS dimension,
    CAST(persons AS DOUBLE) AS value
FROM referrals_total
WHERE direction = 'inbound'
UNION ALL
SELECT 'referrals_inbound', 'sadd_group', period_kind, period, 'sadd_group=' || sadd_group, CAST(persons AS DOUBLE)
FROM referrals_by_sadd
WHERE direction = 'inbound'
UNION ALL
SELECT 'referrals_inbound', 'partner', period_kind, period, 'partner=' || partner, CAST(persons AS DOUBLE)
FROM referrals_by_partner
WHERE direction = 'inbound'
UNION ALL
SELECT 'referrals_inbound', 'partner/sadd_group', period_kind, period, 'partner/sadd_group=' || partner || '/' || sadd_group, CAST(persons AS DOUBLE)
FROM referrals_by_partner_sadd
WHERE direction = 'inbound'
UNION ALL
SELECT 'referrals_inbound', 'need', period_kind, period, 'need=' || need, CAST(persons AS DOUBLE)
FROM referrals_by_need
WHERE direction = 'inbound'
UNION ALL
SELECT 'referrals_outbound', 'none', period_kind, period, 'total', CAST(persons AS DOUBLE)
FROM referrals_total
WHERE direction = 'outbound'
UNION ALL
SELECT 'referrals_outbound', 'sadd_group', period_kind, period, 'sadd_group=' || sadd_group, CAST(persons AS DOUBLE)
FROM referrals_by_sadd
WHERE direction = 'outbound'
UNION ALL
SELECT 'referrals_outbound', 'partner', period_kind, period, 'partner=' || partner, CAST(persons AS DOUBLE)
FROM referrals_by_partner
WHERE direction = 'outbound'
UNION ALL
SELECT 'referrals_outbound', 'partner/sadd_group', period_kind, period, 'partner/sadd_group=' || partner || '/' || sadd_group, CAST(persons AS DOUBLE)
FROM referrals_by_partner_sadd
WHERE direction = 'outbound'
UNION ALL
SELECT 'referrals_outbound', 'need', period_kind, period, 'need=' || need, CAST(persons AS DOUBLE)
FROM referrals_by_need
WHERE direction = 'outbound'
