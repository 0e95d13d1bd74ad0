/*
description = "Rows and revisions by office and period"
grain = ["office", "period"]

[columns]
office = "The office"
period = "The month reported on"
revisions = "Deliveries loaded"
rows = "Rows that stand"

[measures.revisions]
unit = "submission"
additivity = "full"
date_basis = "period"

[measures.rows]
unit = "row"
additivity = "full"
date_basis = "period"
*/
SELECT s.office, s.period, count(DISTINCT s.submission_id) AS revisions, count(r.record_id) AS rows
FROM system.submissions AS s
LEFT JOIN feeds.registrations AS r ON r.submission_id = s.submission_id
WHERE s.outcome = 'loaded'
GROUP BY s.office, s.period
