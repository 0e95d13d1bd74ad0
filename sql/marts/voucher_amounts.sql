/*
description = "Value of vouchers by kind and currency, so far as amounts are given; no row means none"
grain = ["period", "kind", "currency"]
partition = "period"
order = ["period_kind", "period", "kind", "currency"]

[[reports]]
feed = "vouchers"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the gift"
kind = "What the voucher is for"
currency = "Currency of the amount, ISO 4217; amounts of different currencies are never added"
vouchers = "Vouchers with an amount in the currency; add up over periods of one kind only"
amount = "Sum of the amounts in the currency; add up over periods of one kind only"

[measures.vouchers]
unit = "voucher"
additivity = ["period", "kind", "currency"]
date_basis = "given_on"

[measures.amount]
unit = "by currency"
additivity = ["period", "kind"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "kind", "currency", "vouchers", "amount"]

[[tests]]
unique = ["period", "kind", "currency"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "kind", codes = "voucher_kind" }

[[tests]]
accepted_codes = { column = "currency", codes = "currency" }
*/
SELECT
    p.period_kind,
    p.period,
    a.kind,
    a.currency,
    CAST(count(*) AS BIGINT) AS vouchers,
    CAST(sum(a.amount) AS DECIMAL(18, 2)) AS amount
FROM vouchers_given AS a
JOIN period_months AS p
    ON p.month_start = a.given_month
WHERE a.currency IS NOT NULL
GROUP BY p.period_kind, p.period, a.kind, a.currency
