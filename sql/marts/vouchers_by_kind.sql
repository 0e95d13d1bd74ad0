/*
description = "Persons who were given vouchers, vouchers and their quantity by kind, every kind in every period that case files cover"
grain = ["period", "kind"]
partition = "period"
order = ["period_kind", "period", "kind"]

[[reports]]
feed = "vouchers"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the gift"
kind = "What the voucher is for"
persons = "Distinct persons who were given a voucher of the kind; 0 where nobody was; who got several kinds counts in each"
vouchers = "Vouchers given, one a row of the case files; a person may get several; add up over periods of one kind only"
quantity = "How many were given with these vouchers; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.vouchers]
unit = "voucher"
additivity = ["period", "kind"]
date_basis = "given_on"

[measures.quantity]
unit = "piece"
additivity = ["period", "kind"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "kind", "persons", "vouchers", "quantity"]

[[tests]]
unique = ["period", "kind"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "kind", codes = "voucher_kind" }

[[tests]]
sum_equals = { column = "vouchers", table = "vouchers_total", by = ["period"] }

[[tests]]
sum_equals = { column = "quantity", table = "vouchers_total", by = ["period"] }
*/
WITH counted AS (
    SELECT
        p.period,
        a.kind,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS vouchers,
        CAST(sum(a.quantity) AS BIGINT) AS quantity
    FROM vouchers_given AS a
    JOIN period_months AS p
        ON p.month_start = a.given_month
    GROUP BY p.period, a.kind
)
SELECT
    c.period_kind,
    c.period,
    voucher_kind.code AS kind,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.vouchers, 0) AS vouchers,
    coalesce(n.quantity, 0) AS quantity
FROM covered_periods AS c
CROSS JOIN codes.voucher_kind AS voucher_kind
LEFT JOIN counted AS n
    ON n.period = c.period
    AND n.kind = voucher_kind.code
WHERE c.stream = 'vouchers'
