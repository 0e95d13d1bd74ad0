/*
description = "Persons who were given vouchers, vouchers and their quantity by kind and SADD group; no row means none"
grain = ["period", "kind", "sadd_group"]
partition = "period"
order = ["period_kind", "period", "kind", "sadd_group"]

[[reports]]
feed = "vouchers"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the gift"
kind = "What the voucher is for"
sadd_group = "Sex and age group on the day of the gift"
persons = "Distinct persons who were given a voucher"
vouchers = "Vouchers given, one a row of the case files; a person may get several; add up over periods of one kind only"
quantity = "How many were given with these vouchers; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.vouchers]
unit = "voucher"
additivity = ["period", "kind", "sadd_group"]
date_basis = "given_on"

[measures.quantity]
unit = "piece"
additivity = ["period", "kind", "sadd_group"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "kind", "sadd_group", "persons", "vouchers", "quantity"]

[[tests]]
unique = ["period", "kind", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "kind", codes = "voucher_kind" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
SELECT
    p.period_kind,
    p.period,
    a.kind,
    a.sadd_group,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS vouchers,
    CAST(sum(a.quantity) AS BIGINT) AS quantity
FROM vouchers_given AS a
JOIN period_months AS p
    ON p.month_start = a.given_month
GROUP BY p.period_kind, p.period, a.kind, a.sadd_group
