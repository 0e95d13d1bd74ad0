/*
description = "Visits by quarter and kind, of the months"
grain = ["quarter", "kind"]
partition = "quarter"

[columns]
quarter = "First day of the quarter"
kind = "What the visits were about"
visits = "Visits"

[measures.visits]
unit = "visit"
additivity = "full"
date_basis = "visited_on"

[[tests]]
unique = ["quarter", "kind"]

[[tests]]
sum_equals = { column = "visits", table = "visits_by_month", by = ["kind"] }
*/
SELECT CAST(date_trunc('quarter', month) AS DATE) AS quarter, kind, CAST(sum(visits) AS BIGINT) AS visits
FROM visits_by_month
GROUP BY CAST(date_trunc('quarter', month) AS DATE), kind
