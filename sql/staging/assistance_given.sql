/*
description = "Current instances of reintegration assistance in both directions, under every funding"
grain = ["office", "record_id"]
partition = "given_month"
order = ["given_on", "office", "record_id"]

[columns]
person_id = "Keyed pseudonym of case and person"
given_on = "Day on which it was given, the office's calendar"
given_month = "First day of the month in which it was given"
direction = "Direction of the return that it follows: outbound (from Morocco) or inbound (to Morocco)"
country = "Country where it is given, ISO 3166-1 alpha-3"
kind = "What the assistance is"
dimension = "The dimension of reintegration that it serves"
level = "Whom it reaches; unspecified where not given"
funding = "Who pays: the mission, the host country's programme or a partner"
cash_instead = "Whether cash is given because reintegration is not possible there; false where not given"
unaccompanied_child = "Whether the person is an unaccompanied or separated child: told so, and not known to be 18 or over"
amount = "Value of what was given, in currency; null where not given"
currency = "ISO 4217 code of the currency of amount; null where there is no amount"
sadd_group = "Sex and age group on the day of the assistance; unknown where sex or age is"
donor = "The donor whose funds pay; unspecified where not given"
project = "The project that pays; unspecified where not given"
office = "The office that sent the row"
record_id = "The row's key within office and feed"

[measures.amount]
unit = "by currency"
additivity = ["office", "record_id"]
date_basis = "given_on"

[[tests]]
not_null = ["person_id", "given_on", "given_month", "direction", "country", "kind", "dimension", "level", "funding", "cash_instead", "unaccompanied_child", "sadd_group", "donor", "project", "office", "record_id"]

[[tests]]
unique = ["office", "record_id"]

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "country", codes = "country" }

[[tests]]
accepted_codes = { column = "kind", codes = "assistance_kind" }

[[tests]]
accepted_codes = { column = "dimension", codes = "dimension" }

[[tests]]
accepted_codes = { column = "level", codes = "assistance_level" }
where = "level <> 'unspecified'"

[[tests]]
accepted_codes = { column = "funding", codes = "funding" }

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
    direction,
    country,
    kind,
    dimension,
    coalesce(level, 'unspecified') AS level,
    funding,
    coalesce(cash_instead, FALSE) AS cash_instead,
    coalesce(unaccompanied, FALSE) AND coalesce(age < 18, TRUE) AS unaccompanied_child,
    CAST(amount AS DECIMAL(18, 2)) AS amount,
    currency,
    sadd_group,
    coalesce(donor, 'unspecified') AS donor,
    coalesce(project, 'unspecified') AS project,
    office,
    record_id
FROM feeds.reintegration
