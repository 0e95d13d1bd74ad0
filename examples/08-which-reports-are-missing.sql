-- Which reports are missing or came late? Look here before you explain a change. A report that was refused is missing until a
-- better one comes; one that is not yet due is in no row.
SELECT office, feed, period, due_on, CASE WHEN received = 0 THEN 'missing' ELSE 'late' END AS what
FROM completeness
WHERE expected = 1
    AND on_time = 0
ORDER BY period, office, feed
