/*
description = "Reports by office, feed and month: whether one was owed, came, and came in time, or is excused"
grain = ["office", "feed", "period"]

[columns]
office = "The office's code"
feed = "The feed"
period = "The month reported on"
due_on = "Last day on which the report is in time, in the office's own time zone; null where none was owed"
expected = "Expected reports: 1 where a report was owed and is not excused, due or not yet, else 0"
received = "Actual reports: 1 where a report came that was not refused, an empty one included, else 0; a report that was only refused has not come"
on_time = "Actual reports on time: 1 where an expected report came by the end of due_on where the office is, the first that was not refused counts, else 0"
late = "1 where an expected report came, and after due_on, else 0"
missing = "1 where an expected report had not come although due_on was over when the newest delivery of any office came, else 0"
excused = "1 where a report was owed that need not come, else 0: it is not expected, whether it came or not"
reason = "Why it need not come; null where it is not excused"
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

[measures.late]
unit = "report"
additivity = "full"
date_basis = "period"

[measures.missing]
unit = "report"
additivity = "full"
date_basis = "period"

[measures.excused]
unit = "report"
additivity = "full"
date_basis = "period"

[measures.revisions]
unit = "submission"
additivity = "full"
date_basis = "period"

[[tests]]
not_null = ["office", "feed", "period", "expected", "received", "on_time", "late", "missing", "excused", "revisions"]

[[tests]]
not_null = ["due_on"]
where = "expected = 1"

[[tests]]
not_null = ["first_received_at"]
where = "received = 1"

[[tests]]
not_null = ["reason"]
where = "excused = 1"

[[tests]]
expression = "expected + excused <= 1 AND on_time + late + missing <= expected"
description = "An expected report is on time, late, missing or not yet due, and an excused one is not expected"

[[tests]]
unique = ["office", "feed", "period"]

[[tests]]
accepted = { column = "expected", values = [0, 1] }

[[tests]]
accepted = { column = "received", values = [0, 1] }

[[tests]]
accepted = { column = "on_time", values = [0, 1] }

[[tests]]
accepted = { column = "late", values = [0, 1] }

[[tests]]
accepted = { column = "missing", values = [0, 1] }

[[tests]]
accepted = { column = "excused", values = [0, 1] }
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
    CAST(CASE WHEN NOT c.is_excused THEN 1 ELSE 0 END AS BIGINT) AS expected,
    CAST(CASE WHEN r.office IS NULL THEN 0 ELSE 1 END AS BIGINT) AS received,
    CAST(CASE WHEN NOT c.is_excused AND r.first_received_at < c.due_until THEN 1 ELSE 0 END AS BIGINT) AS on_time,
    CAST(CASE WHEN NOT c.is_excused AND r.first_received_at >= c.due_until THEN 1 ELSE 0 END AS BIGINT) AS late,
    CAST(CASE WHEN NOT c.is_excused AND c.is_past_due AND r.office IS NULL THEN 1 ELSE 0 END AS BIGINT) AS missing,
    CAST(CASE WHEN c.is_excused THEN 1 ELSE 0 END AS BIGINT) AS excused,
    c.reason,
    r.first_received_at,
    CAST(coalesce(r.revisions, 0) AS BIGINT) AS revisions
FROM system.calendar AS c
FULL JOIN reports AS r
    ON r.office = c.office
    AND r.feed = c.feed
    AND r.period = c.period
