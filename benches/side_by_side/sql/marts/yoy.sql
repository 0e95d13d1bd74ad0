/*
description = "Returns by country beside those of the same half-year of the year before"
grain = ["period", "country_of_origin"]

[columns]
period = "Half-year of departure"
country_of_origin = "Country returned to, ISO 3166-1 alpha-3"
returns = "Returns"
returns_year_before = "Returns of the same half-year of the year before; null where there were none"
change_percent = "Change in percent; null where there were none the year before"

[measures.returns]
unit = "movement"
additivity = "full"
date_basis = "departed_on"

[measures.returns_year_before]
unit = "movement"
additivity = "full"
date_basis = "departed_on"

[measures.change_percent]
unit = "percent"
additivity = "none"
date_basis = "departed_on"

[[tests]]
not_null = ["period", "country_of_origin", "returns"]

[[tests]]
unique = ["period", "country_of_origin"]
*/
WITH counted AS (
    SELECT period, country_of_origin, CAST(sum(returns) AS BIGINT) AS returns
    FROM by_country
    GROUP BY period, country_of_origin
)
SELECT
    c.period,
    c.country_of_origin,
    c.returns,
    b.returns AS returns_year_before,
    100.0 * (CAST(c.returns AS DOUBLE) - CAST(b.returns AS DOUBLE)) / CAST(b.returns AS DOUBLE) AS change_percent
FROM counted AS c
JOIN system.periods AS p
    ON p.period = c.period
LEFT JOIN counted AS b
    ON b.period = p.year_before
    AND b.country_of_origin = c.country_of_origin
