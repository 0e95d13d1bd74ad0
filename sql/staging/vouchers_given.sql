/*
description = "Current vouchers, one row per voucher of the case files: two that a person gets on one day are two"
grain = ["office", "record_id"]
partition = "given_month"
order = ["given_on", "office", "record_id"]

[columns]
person_id = "Keyed pseudonym of case and person"
given_on = "Day on which it was given, the office's calendar"
given_month = "First day of the month in which it was given"
kind = "What the voucher is for"
quantity = "How many were given"
amount = "Value of what was given, in currency; null where not given"
currency = "ISO 4217 code of the currency of amount; null where there is no amount"
sadd_group = "Sex and age group on the day of the gift; unknown where sex or age is"
donor = "The donor whose funds pay; unspecified where not given"
project = "The project that pays; unspecified where not given"
office = "The office that sent the row"
record_id = "The row's key within office and feed"

[measures.quantity]
unit = "piece"
additivity = "full"
date_basis = "given_on"

[measures.amount]
unit = "by currency"
additivity = ["office", "record_id"]
date_basis = "given_on"

[[tests]]
not_null = ["person_id", "given_on", "given_month", "kind", "quantity", "sadd_group", "donor", "project", "office", "record_id"]

[[tests]]
unique = ["office", "record_id"]

[[tests]]
accepted_codes = { column = "kind", codes = "voucher_kind" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }

[[tests]]
accepted_codes = { column = "donor", codes = "donor" }
where = "donor <> 'unspecified'"

[[tests]]
accepted_codes = { column = "project", codes = "project" }
where = "project <> 'unspecified'"

[[tests]]
accepted_codes = { column = "currency", codes = "currency" }
where = "currency IS NOT NULL"

[[tests]]
not_null = ["currency"]
where = "amount IS NOT NULL"

[[tests]]
not_null = ["amount"]
where = "currency IS NOT NULL"
*/
SELECT
    person_id,
    given_on,
    CAST(date_trunc('month', given_on) AS DATE) AS given_month,
    kind,
    quantity,
    CAST(amount AS DECIMAL(18, 2)) AS amount,
    currency,
    sadd_group,
    coalesce(donor, 'unspecified') AS donor,
    coalesce(project, 'unspecified') AS project,
    office,
    record_id
FROM feeds.vouchers
