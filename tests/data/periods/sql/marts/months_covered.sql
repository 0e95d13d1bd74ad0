/*
description = "Every month of the calendar, with its visits and events; 0 where there are none"
grain = ["month"]
partition = "month"

[columns]
month = "The month, as 2023-01"
visits = "Visits"
events = "Days with an event, person by person"

[measures.visits]
unit = "visit"
additivity = "full"
date_basis = "visited_on"

[measures.events]
unit = "event"
additivity = "full"
date_basis = "visited_on"
*/
WITH visited AS (
    SELECT visited_month, CAST(count(*) AS BIGINT) AS visits
    FROM visits_made
    GROUP BY visited_month
),
happened AS (
    SELECT month, CAST(count(*) AS BIGINT) AS events
    FROM events
    GROUP BY month
)
SELECT p.period AS month, coalesce(v.visits, 0) AS visits, coalesce(h.events, 0) AS events
FROM system.periods AS p
LEFT JOIN visited AS v
    ON v.visited_month = p.start_on
LEFT JOIN happened AS h
    ON h.month = p.period
WHERE p.kind = 'month'
