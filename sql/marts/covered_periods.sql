/*
description = "The periods that case files say something about, by stream, and whether every month of them was reported: a figure of an incomplete period is partial and is not compared"
grain = ["stream", "period"]
order = ["stream", "period_kind", "period"]

[columns]
stream = "registrations, returns_outbound or returns_inbound"
period_kind = "month, quarter, half-year or year"
period = "The period, 2023-01, 2023-Q1, 2023-H1 or 2023"
months = "Months in the period"
months_reported = "Months for which an office of the stream delivered, empty reports included; 0 where the period only holds late or early events"
complete = "Whether every month was reported; an office may still be missing, see completeness"
year_before = "The same period a year before"
year_before_complete = "Whether every month of the period a year before was reported"

[measures.months]
unit = "month"
additivity = "none"
date_basis = "period"

[measures.months_reported]
unit = "month"
additivity = "none"
date_basis = "period"

[[tests]]
not_null = ["stream", "period_kind", "period", "months", "months_reported", "complete", "year_before", "year_before_complete"]

[[tests]]
unique = ["stream", "period"]

[[tests]]
accepted = { column = "stream", values = ["registrations", "returns_outbound", "returns_inbound"] }

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }
*/
WITH reporters AS (
    SELECT DISTINCT CAST('registrations' AS VARCHAR) AS stream, 'registrations' AS feed, office
    FROM feeds.registrations
    UNION ALL
    -- Offices in Morocco report outbound returns, missions abroad inbound ones: a stray row makes nobody a reporter.
    SELECT DISTINCT 'returns_' || r.direction AS stream, 'returns' AS feed, r.office
    FROM feeds.returns AS r
    JOIN system.offices AS o
        ON o.office = r.office
    WHERE (r.direction = 'outbound') = (o.country = 'MAR')
),
marks AS (
    SELECT r.stream, m.month_start, 1 AS reported
    FROM reporters AS r
    JOIN system.submissions AS s
        ON s.feed = r.feed
        AND s.office = r.office
    JOIN period_months AS m
        ON m.period_kind = 'month'
        AND m.period = s.period
    WHERE s.is_current
    UNION ALL
    SELECT CAST('registrations' AS VARCHAR) AS stream, registered_month AS month_start, 0 AS reported
    FROM registered_persons
    UNION ALL
    SELECT 'returns_' || direction AS stream, departed_month AS month_start, 0 AS reported
    FROM movements
),
months AS (
    SELECT stream, month_start, max(reported) AS reported
    FROM marks
    GROUP BY stream, month_start
),
lengths AS (
    SELECT period, CAST(count(*) AS BIGINT) AS months
    FROM period_months
    GROUP BY period
),
covered AS (
    SELECT
        m.stream,
        p.period_kind,
        p.period,
        CAST(sum(m.reported) AS BIGINT) AS months_reported
    FROM months AS m
    JOIN period_months AS p
        ON p.month_start = m.month_start
    GROUP BY m.stream, p.period_kind, p.period
)
SELECT
    c.stream,
    c.period_kind,
    c.period,
    l.months,
    c.months_reported,
    c.months_reported = l.months AS complete,
    p.year_before,
    b.months_reported IS NOT NULL AND b.months_reported = l.months AS year_before_complete
FROM covered AS c
JOIN lengths AS l
    ON l.period = c.period
JOIN system.periods AS p
    ON p.period = c.period
LEFT JOIN covered AS b
    ON b.stream = c.stream
    AND b.period = p.year_before
