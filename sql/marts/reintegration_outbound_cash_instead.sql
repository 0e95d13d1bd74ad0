/*
description = "Persons who returned from Morocco and were given cash because reintegration is not possible in their country, under any funding; they are not among those of reintegration_outbound_total by this; no row means none"
grain = ["period", "country"]
partition = "period"
order = ["period_kind", "period", "country"]

[[reports]]
feed = "reintegration"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the payment"
country = "Country where the assistance is given, ISO 3166-1 alpha-3"
persons = "Distinct persons who were given cash in place of reintegration"
instances = "Instances of assistance; a person may be assisted more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "given_on"

[measures.instances]
unit = "instance"
additivity = ["period", "country"]
date_basis = "given_on"

[[tests]]
not_null = ["period_kind", "period", "country", "persons", "instances"]

[[tests]]
unique = ["period", "country"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "country", codes = "country" }
*/
SELECT
    p.period_kind,
    p.period,
    a.country,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS instances
FROM assistance_given AS a
JOIN period_months AS p
    ON p.month_start = a.given_month
WHERE a.direction = 'outbound'
    AND a.cash_instead
GROUP BY p.period_kind, p.period, a.country
