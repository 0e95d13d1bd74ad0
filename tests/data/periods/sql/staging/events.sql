/*
description = "Visits and moves under one another, each person once a day"
grain = ["happened_on", "person_id", "what"]
partition = "month"

[columns]
person_id = "The person's pseudonym"
happened_on = "The day"
month = "The month, as 2023-01"
what = "visit or move"

[[tests]]
unique = ["month", "happened_on", "person_id", "what"]

[[tests]]
accepted = { column = "what", values = ["visit", "move"] }
*/
WITH days AS (
    SELECT person_id, visited_on AS happened_on, 'visit' AS what FROM feeds.visits
    UNION
    SELECT person_id, moved_on, 'move' FROM feeds.moves
)
SELECT DISTINCT person_id, happened_on, substr(CAST(happened_on AS VARCHAR), 1, 7) AS month, what
FROM days
