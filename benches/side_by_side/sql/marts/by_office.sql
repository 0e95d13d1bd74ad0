/*
description = "Returns by office, sex and age in every half-year"
grain = ["period", "office", "sadd_group"]

[columns]
period = "Half-year of departure"
office = "The office"
sadd_group = "Sex and age group on the day of departure"
returns = "Returns"

[measures.returns]
unit = "movement"
additivity = "full"
date_basis = "departed_on"

[[tests]]
not_null = ["period", "office", "sadd_group", "returns"]

[[tests]]
unique = ["period", "office", "sadd_group"]
*/
SELECT p.period, r.office, r.sadd_group, CAST(sum(r.returns) AS BIGINT) AS returns
FROM returns_by_cell AS r
JOIN half_year_months AS p
    ON p.month = r.month
GROUP BY p.period, r.office, r.sadd_group
