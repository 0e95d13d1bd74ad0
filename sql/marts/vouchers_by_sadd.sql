/*
description = "Persons who were given vouchers, vouchers and their quantity by SADD group, every group in every period that case files cover"
grain = ["period", "sadd_group"]
partition = "period"
order = ["period_kind", "period", "sadd_group"]

[[reports]]
feed = "vouchers"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the gift"
sadd_group = "Sex and age group on the day of the gift"
persons = "Distinct persons of the group who were given a voucher; 0 where nobody was"
vouchers = "Vouchers given, one a row of the case files; a person may get several; add up over periods of one kind only"
quantity = "How many were given with these vouchers; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.vouchers]
unit = "voucher"
additivity = ["period", "sadd_group"]
date_basis = "given_on"

[measures.quantity]
unit = "piece"
additivity = ["period", "sadd_group"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "sadd_group", "persons", "vouchers", "quantity"]

[[tests]]
unique = ["period", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }

[[tests]]
sum_equals = { column = "vouchers", table = "vouchers_total", by = ["period"] }

[[tests]]
sum_equals = { column = "quantity", table = "vouchers_total", by = ["period"] }
*/
WITH counted AS (
    SELECT
        p.period,
        a.sadd_group,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS vouchers,
        CAST(sum(a.quantity) AS BIGINT) AS quantity
    FROM vouchers_given AS a
    JOIN period_months AS p
        ON p.month_start = a.given_month
    GROUP BY p.period, a.sadd_group
)
SELECT
    c.period_kind,
    c.period,
    sadd_group.code AS sadd_group,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.vouchers, 0) AS vouchers,
    coalesce(n.quantity, 0) AS quantity
FROM covered_periods AS c
CROSS JOIN codes.sadd_group AS sadd_group
LEFT JOIN counted AS n
    ON n.period = c.period
    AND n.sadd_group = sadd_group.code
WHERE c.stream = 'vouchers'
