-- What does not fit together between feeds? Each finding is a row of an extract; nothing was left out for it.
SELECT audit, office, rows_found, rows_checked, share_percent
FROM audit_totals
WHERE rows_found > 0
ORDER BY share_percent DESC, audit, office
