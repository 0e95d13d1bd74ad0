/*
description = "Returns and persons who returned in every half-year"
grain = ["period"]
partition = "period"

[columns]
period = "Half-year of departure"
returns = "Returns"
persons = "Distinct persons who returned"

[measures.returns]
unit = "movement"
additivity = "full"
date_basis = "departed_on"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[[tests]]
not_null = ["period", "returns", "persons"]

[[tests]]
unique = ["period"]

[[tests]]
expression = "returns >= persons AND persons > 0"
*/
WITH counted AS (
    SELECT p.period, r.person_id, count(*) AS returns
    FROM feeds.returns AS r
    JOIN half_year_months AS p
        ON p.month = CAST(date_trunc('month', r.departed_on) AS DATE)
    GROUP BY p.period, r.person_id
)
SELECT period, CAST(sum(returns) AS BIGINT) AS returns, CAST(count(*) AS BIGINT) AS persons
FROM counted
GROUP BY period
