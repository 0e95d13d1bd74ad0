-- How many have returned since the programme began? Years before the case files come from a history of returns.
-- These are returns, not persons, and the last year is only as long as it is reported: covered_periods has its months.
SELECT period, returns_in_period, returns_cumulative
FROM returns_outbound_cumulative
WHERE period_kind = 'year'
ORDER BY period
