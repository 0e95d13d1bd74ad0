/*
description = "Persons who returned from Morocco by country of origin, with share and rank; no row means nobody"
grain = ["period", "country_of_origin"]
partition = "period"
order = ["period_kind", "period", "rank"]

[[reports]]
feed = "returns"
offices = "country = 'MAR'"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of departure"
country_of_origin = "Country returned to, ISO 3166-1 alpha-3"
persons = "Distinct persons who departed"
share_percent = "Percent of all distinct persons who departed in the period, 0 to 100"
rank = "Place by persons, most first; equal countries by code"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[measures.share_percent]
unit = "share"
additivity = "none"
date_basis = "departed_on"

[measures.rank]
unit = "rank"
additivity = "none"
date_basis = "departed_on"

[[tests]]
not_null = ["period_kind", "period", "country_of_origin", "persons", "share_percent", "rank"]

[[tests]]
unique = ["period", "country_of_origin"]

[[tests]]
unique = ["period", "rank"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "country_of_origin", codes = "country" }

[[tests]]
expression = "share_percent BETWEEN 0 AND 100"
*/
WITH counted AS (
    SELECT
        p.period_kind,
        p.period,
        m.country_of_origin,
        CAST(count(DISTINCT m.person_id) AS BIGINT) AS persons
    FROM movements AS m
    JOIN period_months AS p
        ON p.month_start = m.departed_month
    WHERE m.direction = 'outbound'
    GROUP BY p.period_kind, p.period, m.country_of_origin
)
SELECT
    n.period_kind,
    n.period,
    n.country_of_origin,
    n.persons,
    CASE WHEN t.persons > 0 THEN 100.0 * CAST(n.persons AS DOUBLE) / CAST(t.persons AS DOUBLE) END AS share_percent,
    CAST(row_number() OVER (PARTITION BY n.period ORDER BY n.persons DESC, n.country_of_origin) AS BIGINT) AS rank
FROM counted AS n
JOIN returns_outbound_total AS t
    ON t.period = n.period
