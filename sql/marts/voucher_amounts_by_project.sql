/*
description = "Value of vouchers by the donor and project that pay and currency, so far as amounts are given; no row means none"
grain = ["period", "donor", "project", "currency"]
partition = "period"
order = ["period_kind", "period", "donor", "project", "currency"]

[[reports]]
feed = "vouchers"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the gift"
donor = "The donor whose funds pay; unspecified where not given"
project = "The project that pays; unspecified where not given"
currency = "Currency of the amount, ISO 4217; amounts of different currencies are never added"
vouchers = "Vouchers with an amount in the currency; add up over periods of one kind only"
amount = "Sum of the amounts in the currency; add up over periods of one kind only"

[measures.vouchers]
unit = "voucher"
additivity = ["period", "donor", "project", "currency"]
date_basis = "given_on"

[measures.amount]
unit = "by currency"
additivity = ["period", "donor", "project"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "donor", "project", "currency", "vouchers", "amount"]

[[tests]]
unique = ["period", "donor", "project", "currency"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

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
    a.donor,
    a.project,
    a.currency,
    CAST(count(*) AS BIGINT) AS vouchers,
    CAST(sum(a.amount) AS DECIMAL(18, 2)) AS amount
FROM vouchers_given AS a
JOIN period_months AS p
    ON p.month_start = a.given_month
WHERE a.currency IS NOT NULL
GROUP BY p.period_kind, p.period, a.donor, a.project, a.currency
