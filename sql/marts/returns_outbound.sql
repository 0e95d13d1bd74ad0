/*
description = "Persons and movements of voluntary return from Morocco by country of origin and SADD group; no row means nobody"
grain = ["period", "country_of_origin", "sadd_group"]
partition = "period"
order = ["period_kind", "period", "country_of_origin", "sadd_group"]

[[reports]]
feed = "returns"
offices = "country = 'MAR'"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of departure"
country_of_origin = "Country returned to, ISO 3166-1 alpha-3"
sadd_group = "Sex and age group on the day of departure"
persons = "Distinct persons who departed"
movements = "Departures; a person may depart more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[measures.movements]
unit = "movement"
additivity = ["period", "country_of_origin", "sadd_group"]
date_basis = "departed_on"

[[tests]]
not_null = ["period_kind", "period", "country_of_origin", "sadd_group", "persons", "movements"]

[[tests]]
unique = ["period", "country_of_origin", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "country_of_origin", codes = "country" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }

[[tests]]
sum_equals = { column = "movements", table = "returns_outbound_total", by = ["period"], table_where = "movements > 0" }
*/
SELECT
    p.period_kind,
    p.period,
    m.country_of_origin,
    m.sadd_group,
    CAST(count(DISTINCT m.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS movements
FROM movements AS m
JOIN period_months AS p
    ON p.month_start = m.departed_month
WHERE m.direction = 'outbound'
GROUP BY p.period_kind, p.period, m.country_of_origin, m.sadd_group
