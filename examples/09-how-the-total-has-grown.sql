-- How many have returned since the programme began? Years before the case files come from a history of returns.
SELECT period, returns_in_period, returns_cumulative
FROM returns_outbound_cumulative
WHERE period_kind = 'year'
ORDER BY period
