/*
description = "Returns and persons who returned in every half-year"
grain = ["period"]

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
    SELECT
        CAST(date_part('year', departed_on) AS VARCHAR) || CASE WHEN date_part('month', departed_on) <= 6 THEN '-H1' ELSE '-H2' END AS period,
        person_id,
        count(*) AS returns
    FROM feeds.returns
    GROUP BY
        CAST(date_part('year', departed_on) AS VARCHAR) || CASE WHEN date_part('month', departed_on) <= 6 THEN '-H1' ELSE '-H2' END,
        person_id
)
SELECT period, CAST(sum(returns) AS BIGINT) AS returns, CAST(count(*) AS BIGINT) AS persons
FROM counted
GROUP BY period
