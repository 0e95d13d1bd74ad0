/*
description = "Value of reintegration assistance by direction, kind and currency, so far as amounts are given; no row means none"
grain = ["period", "direction", "kind", "currency"]
partition = "period"
order = ["period_kind", "period", "direction", "kind", "currency"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
direction = "Direction of the return that it follows: outbound (from Morocco) or inbound (to Morocco)"
kind = "What the assistance is"
currency = "Currency of the amount, ISO 4217; amounts of different currencies are never added"
instances = "Instances of assistance with an amount in the currency; add up over periods of one kind only"
amount = "Sum of the amounts in the currency; add up over periods of one kind only"

[measures.instances]
unit = "instance"
additivity = ["period", "direction", "kind", "currency"]
date_basis = "given_on"

[measures.amount]
unit = "by currency"
additivity = ["period", "direction", "kind"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "direction", "kind", "currency", "instances", "amount"]

[[tests]]
unique = ["period", "direction", "kind", "currency"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "kind", codes = "assistance_kind" }

[[tests]]
accepted_codes = { column = "currency", codes = "currency" }
*/
SELECT
    p.period_kind,
    p.period,
    a.direction,
    a.kind,
    a.currency,
    CAST(count(*) AS BIGINT) AS instances,
    CAST(sum(a.amount) AS DECIMAL(18, 2)) AS amount
FROM assistance_given AS a
JOIN period_months AS p
    ON p.month_start = a.given_month
WHERE a.currency IS NOT NULL
GROUP BY p.period_kind, p.period, a.direction, a.kind, a.currency
