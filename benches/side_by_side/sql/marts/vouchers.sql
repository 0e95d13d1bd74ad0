/*
description = "Value of the vouchers that came with returns, by office in every half-year"
grain = ["period", "office", "currency"]

[columns]
period = "Half-year of departure"
office = "The office"
currency = "Currency of the amount, ISO 4217"
amount = "Value of the vouchers given"
returns = "Returns"

[measures.amount]
unit = "by currency"
additivity = ["period", "office"]
date_basis = "departed_on"

[measures.returns]
unit = "movement"
additivity = "full"
date_basis = "departed_on"

[[tests]]
not_null = ["period", "office", "currency", "amount", "returns"]

[[tests]]
unique = ["period", "office", "currency"]

[[tests]]
sum_equals = { column = "amount", table = "returns_by_cell", by = ["office", "currency"] }
*/
SELECT
    p.period,
    r.office,
    r.currency,
    CAST(sum(r.amount) AS DECIMAL(18, 2)) AS amount,
    CAST(sum(r.returns) AS BIGINT) AS returns
FROM returns_by_cell AS r
JOIN half_year_months AS p
    ON p.month = r.month
GROUP BY p.period, r.office, r.currency
