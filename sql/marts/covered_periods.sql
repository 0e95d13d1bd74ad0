/*
description = "The periods that case files say something about, by stream, and whether at least one office reported every month of them: a figure of an incomplete period is partial and is not compared; one of a complete period may still lack an office, see completeness"
grain = ["stream", "period"]
order = ["stream", "period_kind", "period"]

[columns]
stream = "registrations, returns_outbound, returns_inbound, or the feed of any other case files, both directions together"
period_kind = "month, quarter, half-year or year"
period = "The period, 2023-01, 2023-Q1, 2023-H1 or 2023"
months = "Months in the period"
months_reported = "Months for which at least one office of the stream delivered, empty reports included; 0 where the period only holds late or early events"
complete = "Whether every month was reported by at least one office of the stream, not by all that owe: others may be missing, see completeness"
year_before = "The same period a year before"
year_before_complete = "Whether every month of the period a year before was reported by at least one office of the stream"

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
accepted = { column = "stream", values = ["registrations", "returns_outbound", "returns_inbound", "vouchers", "reintegration", "plans", "counselling", "referrals", "resettlement"] }

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }
*/
WITH lengths AS (
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
    FROM reported_months AS m
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
