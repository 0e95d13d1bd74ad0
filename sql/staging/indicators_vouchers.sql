/*
description = "The values of the indicators of vouchers, not yet with what they say"
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
    'voucher_recipients' AS indicator,
    'none' AS disaggregation,
    period_kind,
    period,
    CAST('total' AS VARCHAR) AS dimension,
    CAST(persons AS DOUBLE) AS value
FROM vouchers_total
UNION ALL
SELECT 'voucher_recipients', 'voucher_kind', period_kind, period, 'voucher_kind=' || kind, CAST(persons AS DOUBLE)
FROM vouchers_by_kind
UNION ALL
SELECT 'voucher_recipients', 'sadd_group', period_kind, period, 'sadd_group=' || sadd_group, CAST(persons AS DOUBLE)
FROM vouchers_by_sadd
UNION ALL
SELECT 'vouchers', 'none', period_kind, period, 'total', CAST(vouchers AS DOUBLE)
FROM vouchers_total
UNION ALL
SELECT 'vouchers', 'voucher_kind', period_kind, period, 'voucher_kind=' || kind, CAST(vouchers AS DOUBLE)
FROM vouchers_by_kind
UNION ALL
SELECT 'voucher_quantity', 'none', period_kind, period, 'total', CAST(quantity AS DOUBLE)
FROM vouchers_total
UNION ALL
SELECT 'voucher_quantity', 'voucher_kind', period_kind, period, 'voucher_kind=' || kind, CAST(quantity AS DOUBLE)
FROM vouchers_by_kind
