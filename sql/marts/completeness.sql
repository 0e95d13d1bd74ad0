/*
description = "Reports by office, feed and month: whether one was owed, came, and came in time"
grain = ["office", "feed", "period"]

[columns]
office = "The office's code"
feed = "The feed"
period = "The month reported on"
due_on = "Last day on which the report is in time; null where none was owed"
expected = "1 where a report was owed, else 0"
received = "1 where a report came that was not refused, an empty one included, else 0; a report that was only refused is missing"
on_time = "1 where the first such report came on due_on or before (its day in UTC), else 0; 0 where none was owed"
first_received_at = "When the first report came that was not refused, UTC; null where none did"
revisions = "Deliveries that were loaded as a revision of the report"

[measures.expected]
unit = "report"
additivity = "full"
date_basis = "period"

[measures.received]
unit = "report"
additivity = "full"
date_basis = "period"

[measures.on_time]
unit = "report"
additivity = "full"
date_basis = "period"

[measures.revisions]
unit = "submission"
additivity = "full"
date_basis = "period"

[[tests]]
not_null = ["office", "feed", "period", "expected", "received", "on_time", "revisions"]

[[tests]]
not_null = ["due_on"]
where = "expected = 1"

[[tests]]
not_null = ["first_received_at"]
where = "received = 1"

[[tests]]
unique = ["office", "feed", "period"]

[[tests]]
accepted = { column = "expected", values = [0, 1] }

[[tests]]
accepted = { column = "received", values = [0, 1] }

[[tests]]
accepted = { column = "on_time", values = [0, 1] }
*/
WITH reports AS (
    SELECT
        office,
        feed,
        period,
        min(received_at) AS first_received_at,
        count(*) FILTER (WHERE outcome = 'loaded') AS revisions
    FROM system.submissions
    WHERE outcome <> 'refused'
    GROUP BY office, feed, period
)
SELECT
    coalesce(c.office, r.office) AS office,
    coalesce(c.feed, r.feed) AS feed,
    coalesce(c.period, r.period) AS period,
    c.due_on,
    CAST(CASE WHEN c.office IS NULL THEN 0 ELSE 1 END AS BIGINT) AS expected,
    CAST(CASE WHEN r.office IS NULL THEN 0 ELSE 1 END AS BIGINT) AS received,
    CAST(CASE WHEN CAST(r.first_received_at AS DATE) <= c.due_on THEN 1 ELSE 0 END AS BIGINT) AS on_time,
    r.first_received_at,
    CAST(coalesce(r.revisions, 0) AS BIGINT) AS revisions
FROM system.calendar AS c
FULL JOIN reports AS r
    ON r.office = c.office
    AND r.feed = c.feed
    AND r.period = c.period
