/*
description = "The months of every half-year"
grain = ["month"]

[columns]
month = "First day of the month"
period = "The half-year that holds it, such as 2023-H1"

[[tests]]
not_null = ["month", "period"]

[[tests]]
unique = ["month"]
*/
SELECT m.start_on AS month, p.period
FROM system.periods AS p
JOIN system.periods AS m
    ON m.kind = 'month'
    AND m.start_on BETWEEN p.start_on AND p.end_on
WHERE p.kind = 'half-year'
