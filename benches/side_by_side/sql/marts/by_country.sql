/*
description = "Returns by country, sex and age in every half-year"
grain = ["period", "country_of_origin", "sadd_group"]

[columns]
period = "Half-year of departure"
country_of_origin = "Country returned to, ISO 3166-1 alpha-3"
sadd_group = "Sex and age group on the day of departure"
returns = "Returns"

[measures.returns]
unit = "movement"
additivity = "full"
date_basis = "departed_on"

[[tests]]
not_null = ["period", "country_of_origin", "sadd_group", "returns"]

[[tests]]
unique = ["period", "country_of_origin", "sadd_group"]

[[tests]]
accepted_codes = { column = "country_of_origin", codes = "country" }

[[tests]]
sum_equals = { column = "returns", table = "returns_by_cell", by = ["country_of_origin", "sadd_group"] }
*/
SELECT p.period, r.country_of_origin, r.sadd_group, CAST(sum(r.returns) AS BIGINT) AS returns
FROM returns_by_cell AS r
JOIN half_year_months AS p
    ON p.month = r.month
GROUP BY p.period, r.country_of_origin, r.sadd_group
