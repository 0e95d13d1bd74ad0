/*
description = "What counts as reintegration in the country of origin: outbound assistance under the mission's own funding, save cash given because reintegration is not possible there"
grain = ["office", "record_id"]
partition = "given_month"
order = ["given_month", "office", "record_id"]

[columns]
person_id = "Keyed pseudonym of case and person"
given_month = "First day of the month in which it was given"
country = "Country where it is given, ISO 3166-1 alpha-3"
kind = "What the assistance is"
dimension = "The dimension of reintegration that it serves"
unaccompanied_child = "Whether the person is an unaccompanied or separated child"
sadd_group = "Sex and age group on the day of the assistance; unknown where sex or age is"
office = "The office that sent the row"
record_id = "The row's key within office and feed"

[[tests]]
not_null = ["person_id", "given_month", "country", "kind", "dimension", "unaccompanied_child", "sadd_group", "office", "record_id"]

[[tests]]
unique = ["office", "record_id"]

[[tests]]
accepted_codes = { column = "country", codes = "country" }

[[tests]]
accepted_codes = { column = "kind", codes = "assistance_kind" }

[[tests]]
accepted_codes = { column = "dimension", codes = "dimension" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
SELECT
    person_id,
    given_month,
    country,
    kind,
    dimension,
    unaccompanied_child,
    sadd_group,
    office,
    record_id
FROM assistance_given
WHERE direction = 'outbound'
    AND funding = 'mission'
    AND NOT cash_instead
