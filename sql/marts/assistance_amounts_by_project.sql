/*
description = "Value of reintegration assistance by direction, the donor and project that pay and currency, so far as amounts are given; no row means none"
grain = ["period", "direction", "donor", "project", "currency"]
partition = "period"
order = ["period_kind", "period", "direction", "donor", "project", "currency"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the assistance"
direction = "Direction of the return that it follows: outbound (from Morocco) or inbound (to Morocco)"
donor = "The donor whose funds pay; unspecified where not given"
project = "The project that pays; unspecified where not given"
currency = "Currency of the amount, ISO 4217; amounts of different currencies are never added"
instances = "Instances of assistance with an amount in the currency; add up over periods of one kind only"
amount = "Sum of the amounts in the currency; add up over periods of one kind only"

[measures.instances]
unit = "instance"
additivity = ["period", "direction", "donor", "project", "currency"]
date_basis = "given_on"

[measures.amount]
unit = "by currency"
additivity = ["period", "direction", "donor", "project"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "direction", "donor", "project", "currency", "instances", "amount"]

[[tests]]
unique = ["period", "direction", "donor", "project", "currency"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "donor", codes = "donor" }
where = "donor <> 'unspecified'"

[[tests]]
accepted_codes = { column = "project", codes = "project" }
where = "project <> 'unspecified'"

[[tests]]
accepted_codes = { column = "currency", codes = "currency" }
*/
SELECT
    p.period_kind,
    p.period,
    a.direction,
    a.donor,
    a.project,
    a.currency,
    CAST(count(*) AS BIGINT) AS instances,
    CAST(sum(a.amount) AS DECIMAL(18, 2)) AS amount
FROM assistance_given AS a
JOIN period_months AS p
    ON p.month_start = a.given_month
WHERE a.currency IS NOT NULL
GROUP BY p.period_kind, p.period, a.direction, a.donor, a.project, a.currency
