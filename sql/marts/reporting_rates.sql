/*
description = "Reporting rates by feed and period, as DHIS2 defines them, over the reports that were owed"
grain = ["feed", "period"]
order = ["feed", "period_kind", "period"]

[columns]
feed = "The feed"
period_kind = "month, quarter, half-year or year"
period = "The period reported on"
expected = "Expected reports: owed and not excused for those months of the period that had ended by the latest delivery, due or not yet; add up over periods of one kind only"
received = "Actual reports: of those expected, that came and were not refused; add up over periods of one kind only"
on_time = "Actual reports on time: of those expected, that came by the day they were due; add up over periods of one kind only"
reporting_rate_percent = "Reporting rate: received in percent of expected, 0 to 100"
on_time_rate_percent = "Reporting rate on time: on_time in percent of expected, 0 to 100"

[measures.expected]
unit = "report"
additivity = ["feed", "period"]
date_basis = "period"

[measures.received]
unit = "report"
additivity = ["feed", "period"]
date_basis = "period"

[measures.on_time]
unit = "report"
additivity = ["feed", "period"]
date_basis = "period"

[measures.reporting_rate_percent]
unit = "percent"
additivity = "none"
date_basis = "period"

[measures.on_time_rate_percent]
unit = "percent"
additivity = "none"
date_basis = "period"

[[tests]]
not_null = ["feed", "period_kind", "period", "expected", "received", "on_time", "reporting_rate_percent", "on_time_rate_percent"]

[[tests]]
unique = ["feed", "period"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
sum_equals = { column = "expected", table = "completeness", by = ["feed", "period"], table_where = "expected = 1" }
where = "period_kind = 'month'"

[[tests]]
sum_equals = { column = "received", table = "completeness", by = ["feed", "period"], table_where = "expected = 1" }
where = "period_kind = 'month'"

[[tests]]
sum_equals = { column = "on_time", table = "completeness", by = ["feed", "period"], table_where = "expected = 1" }
where = "period_kind = 'month'"
*/
WITH counted AS (
    SELECT
        c.feed,
        p.period_kind,
        p.period,
        CAST(sum(c.expected) AS BIGINT) AS expected,
        CAST(sum(c.received) AS BIGINT) AS received,
        CAST(sum(c.on_time) AS BIGINT) AS on_time
    FROM completeness AS c
    JOIN period_months AS m
        ON m.period_kind = 'month'
        AND m.period = c.period
    JOIN period_months AS p
        ON p.month_start = m.month_start
    WHERE c.expected = 1
    GROUP BY c.feed, p.period_kind, p.period
)
SELECT
    feed,
    period_kind,
    period,
    expected,
    received,
    on_time,
    CASE WHEN expected > 0 THEN 100.0 * CAST(received AS DOUBLE) / CAST(expected AS DOUBLE) END AS reporting_rate_percent,
    CASE WHEN expected > 0 THEN 100.0 * CAST(on_time AS DOUBLE) / CAST(expected AS DOUBLE) END AS on_time_rate_percent
FROM counted
