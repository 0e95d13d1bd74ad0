/*
description = "The countries of every half-year with their share of all returns"
grain = ["period", "country_of_origin"]

[columns]
period = "Half-year of departure"
country_of_origin = "Country returned to, ISO 3166-1 alpha-3"
returns = "Returns"
share_percent = "Percent of all returns of the half-year, 0 to 100"

[measures.returns]
unit = "movement"
additivity = "full"
date_basis = "departed_on"

[measures.share_percent]
unit = "share"
additivity = "none"
date_basis = "departed_on"

[[tests]]
not_null = ["period", "country_of_origin", "returns", "share_percent"]

[[tests]]
unique = ["period", "country_of_origin"]

[[tests]]
expression = "share_percent BETWEEN 0 AND 100"
*/
WITH counted AS (
    SELECT period, country_of_origin, sum(returns) AS returns
    FROM by_country
    GROUP BY period, country_of_origin
)
SELECT
    period,
    country_of_origin,
    CAST(returns AS BIGINT) AS returns,
    100.0 * CAST(returns AS DOUBLE) / CAST(sum(returns) OVER (PARTITION BY period) AS DOUBLE) AS share_percent
FROM counted
