-- Which reports are missing or came late? Look here before you explain a change. A report that was refused is missing until a
-- better one comes; one that was not yet due when the newest delivery came, or that is excused, is in no row.
SELECT office, feed, period, due_on, CASE WHEN missing = 1 THEN 'missing' ELSE 'late' END AS what
FROM completeness
WHERE missing = 1
    OR late = 1
ORDER BY period, office, feed
