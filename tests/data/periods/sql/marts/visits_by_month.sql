/*
description = "Visits by month and kind"
grain = ["month", "kind"]
partition = "month"

[columns]
month = "First day of the month"
kind = "What the visits were about"
persons = "Distinct persons"
visits = "Visits"
amount = "What they cost"
rank = "Place of the kind in the month, by visits"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "visited_on"

[measures.visits]
unit = "visit"
additivity = "full"
date_basis = "visited_on"

[[tests]]
unique = ["month", "kind"]

*/
WITH counted AS (
    SELECT
        visited_month AS month,
        kind,
        CAST(count(DISTINCT person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS visits,
        sum(amount) AS amount
    FROM visits_made
    GROUP BY visited_month, kind
)
SELECT
    c.month,
    k.code AS kind,
    c.persons,
    c.visits,
    c.amount,
    CAST(rank() OVER (PARTITION BY c.month ORDER BY c.visits DESC) AS BIGINT) AS rank
FROM counted AS c
JOIN codes.kind AS k
    ON k.code = c.kind
