/*
description = "Periods that figures are given for: months, quarters, half-years and years"
grain = ["period"]

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period, 2023-01, 2023-Q1, 2023-H1 or 2023; sorted as text it is in the order of time within a period_kind, by start_on over all"
start_on = "Its first day"
end_on = "Its last day"
year_before = "The same period a year before; that of the first year has no row of its own"

[[tests]]
not_null = ["period_kind", "period", "start_on", "end_on", "year_before"]

[[tests]]
unique = ["period"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
row_count = { min = 1 }
*/
SELECT
    kind AS period_kind,
    period,
    start_on,
    end_on,
    year_before
FROM system.periods
