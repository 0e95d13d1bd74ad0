/*
description = "Persons who were given vouchers, vouchers and their quantity by the donor and project that pay; no row means none"
grain = ["period", "donor", "project"]
partition = "period"
order = ["period_kind", "period", "donor", "project"]

[[reports]]
feed = "vouchers"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the gift"
donor = "The donor whose funds pay; unspecified where not given"
project = "The project that pays; unspecified where not given"
persons = "Distinct persons who were given a voucher"
vouchers = "Vouchers given, one a row of the case files; a person may get several; add up over periods of one kind only"
quantity = "How many were given with these vouchers; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.vouchers]
unit = "voucher"
additivity = ["period", "donor", "project"]
date_basis = "given_on"

[measures.quantity]
unit = "piece"
additivity = ["period", "donor", "project"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "donor", "project", "persons", "vouchers", "quantity"]

[[tests]]
unique = ["period", "donor", "project"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "donor", codes = "donor" }
where = "donor <> 'unspecified'"

[[tests]]
accepted_codes = { column = "project", codes = "project" }
where = "project <> 'unspecified'"

[[tests]]
sum_equals = { column = "vouchers", table = "vouchers_total", by = ["period"], table_where = "vouchers > 0" }
*/
SELECT
    p.period_kind,
    p.period,
    a.donor,
    a.project,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS vouchers,
    CAST(sum(a.quantity) AS BIGINT) AS quantity
FROM vouchers_given AS a
JOIN period_months AS p
    ON p.month_start = a.given_month
GROUP BY p.period_kind, p.period, a.donor, a.project
