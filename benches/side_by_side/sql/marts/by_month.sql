/*
description = "Returns by country in every month"
grain = ["month", "country_of_origin"]

[columns]
month = "First day of the month of departure"
country_of_origin = "Country returned to, ISO 3166-1 alpha-3"
returns = "Returns"

[measures.returns]
unit = "movement"
additivity = "full"
date_basis = "departed_on"

[[tests]]
not_null = ["month", "country_of_origin", "returns"]

[[tests]]
unique = ["month", "country_of_origin"]
*/
SELECT month, country_of_origin, CAST(sum(returns) AS BIGINT) AS returns
FROM returns_by_cell
GROUP BY month, country_of_origin
