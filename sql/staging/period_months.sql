/*
description = "Which months make up each period: the bridge from an event's month to the month, quarter, half-year and year that hold it"
grain = ["period", "month_start"]

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period, 2023-01, 2023-Q1, 2023-H1 or 2023"
month_start = "First day of one month of the period"

[[tests]]
not_null = ["period_kind", "period", "month_start"]

[[tests]]
unique = ["period", "month_start"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }
*/
SELECT
    p.kind AS period_kind,
    p.period,
    m.start_on AS month_start
FROM system.periods AS p
JOIN system.periods AS m
    ON m.kind = 'month'
    AND m.start_on BETWEEN p.start_on AND p.end_on
