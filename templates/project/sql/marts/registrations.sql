/*
description = "Persons who registered by nationality and sex and age group; no row means nobody"
grain = ["period", "nationality", "sadd_group"]
order = ["period_kind", "period", "nationality", "sadd_group"]

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of registration"
nationality = "Country of nationality, ISO 3166-1 alpha-3"
sadd_group = "Sex and age group on the day of registration"
persons = "Distinct persons who registered"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "registered_on"

[[tests]]
not_null = ["period_kind", "period", "nationality", "sadd_group", "persons"]

[[tests]]
unique = ["period", "nationality", "sadd_group"]

[[tests]]
accepted_codes = { column = "nationality", codes = "country" }

[[tests]]
accepted = { column = "sadd_group", values = ["men", "women", "boys", "girls", "unknown"] }
*/
SELECT
    p.kind AS period_kind,
    p.period,
    r.nationality,
    r.sadd_group,
    CAST(count(DISTINCT r.person_id) AS BIGINT) AS persons
FROM registered_persons AS r
JOIN system.periods AS p
    ON r.registered_on BETWEEN p.start_on AND p.end_on
GROUP BY p.kind, p.period, r.nationality, r.sadd_group
