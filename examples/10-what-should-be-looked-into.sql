-- What does not fit together between feeds? Each finding is a row of an extract, with its place in audit_findings; nothing was
-- left out of any figure for it.
SELECT audit, office, rows_found, rows_checked, round(share_percent, 1) AS share_percent
FROM audit_totals
WHERE rows_found > 0
ORDER BY share_percent DESC, audit, office
