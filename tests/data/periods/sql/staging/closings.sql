/*
description = "Visits by the month in which their matter was closed, which may not be yet"
grain = ["office", "record_id"]
partition = "closed_month"

[columns]
office = "The office"
record_id = "The row's key within the office"
closed_month = "First day of the month in which it was closed; null where it is open"
days = "Days that it took; null where it is open"

[[tests]]
unique = ["office", "record_id"]
*/
SELECT office, record_id, CAST(date_trunc('month', closed_on) AS DATE) AS closed_month, CAST(closed_on - visited_on AS BIGINT) AS days
FROM feeds.visits
