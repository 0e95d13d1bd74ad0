/*
description = "Matters by the month in which they were closed"
grain = ["closed"]
partition = "closed"

[columns]
closed = "The month as 2023-01, or open"
matters = "Matters"
longest = "Days that the longest took; null where it is open"

[measures.matters]
unit = "matter"
additivity = "full"
date_basis = "closed_on"

[measures.longest]
unit = "day"
additivity = "none"
date_basis = "closed_on"
*/
SELECT
    coalesce(substr(CAST(closed_month AS VARCHAR), 1, 7), 'open') AS closed,
    CAST(count(*) AS BIGINT) AS matters,
    max(days) AS longest
FROM closings
GROUP BY closed_month
