/*
description = "Persons who were given vouchers, vouchers and their quantity in every period that case files cover"
grain = ["period"]
partition = "period"
order = ["period_kind", "period"]

[[reports]]
feed = "vouchers"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the gift"
persons = "Distinct persons who were given a voucher; 0 where nobody was; so far as reported, see covered_periods and completeness"
vouchers = "Vouchers given, one a row of the case files; a person may get several; add up over periods of one kind only"
quantity = "How many were given with these vouchers; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.vouchers]
unit = "voucher"
additivity = ["period"]
date_basis = "given_on"

[measures.quantity]
unit = "piece"
additivity = ["period"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "persons", "vouchers", "quantity"]

[[tests]]
unique = ["period"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
change = { column = "vouchers", max_percent = 5 }
where = "period_kind = 'year' AND period = '2022'"
severity = "warn"
description = "Figures of 2022 were published: a change is a restatement"

[[tests]]
expression = "vouchers >= persons AND persons >= 0"
description = "A voucher is given to one person"
*/
WITH counted AS (
    SELECT
        p.period,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS vouchers,
        CAST(sum(a.quantity) AS BIGINT) AS quantity
    FROM vouchers_given AS a
    JOIN period_months AS p
        ON p.month_start = a.given_month
    GROUP BY p.period
)
SELECT
    c.period_kind,
    c.period,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.vouchers, 0) AS vouchers,
    coalesce(n.quantity, 0) AS quantity
FROM covered_periods AS c
LEFT JOIN counted AS n
    ON n.period = c.period
WHERE c.stream = 'vouchers'
