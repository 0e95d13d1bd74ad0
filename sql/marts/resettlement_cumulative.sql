/*
description = "Resettlement operations since they began: the yearly history before the case files, then the case files"
grain = ["period"]
order = ["period_kind", "period"]

[[reports]]
feed = "resettlement"

[columns]
period_kind = "year before the case files; month, quarter, half-year or year since"
period = "The period; only those after the last year of the history are counted from case files"
since_year = "The first year that is counted, the first of the history"
operations_in_period = "Operations (not persons) by international departure in the period, so far as reported; add up over periods of one kind only, and from since_year on over years alone: the history has no months"
operations_cumulative = "Operations (not persons) by international departure from the start of since_year to the end of the period, so far as reported"

[measures.since_year]
unit = "year"
additivity = "none"
date_basis = "step_on"

[measures.operations_in_period]
unit = "operation"
additivity = ["period"]
date_basis = "step_on"

[measures.operations_cumulative]
unit = "operation"
additivity = "none"
date_basis = "step_on"
cumulative = true

[[tests]]
not_null = ["period_kind", "period", "since_year", "operations_in_period", "operations_cumulative"]

[[tests]]
unique = ["period"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }
*/
WITH history AS (
    SELECT
        year,
        CAST(CAST(year AS VARCHAR) || '-12-31' AS DATE) AS day,
        operations
    FROM ref.resettlement_history
),
history_end AS (
    SELECT max(day) AS day
    FROM history
),
flows AS (
    SELECT day, operations
    FROM history
    UNION ALL
    SELECT s.step_month AS day, count(*) AS operations
    FROM resettlement_steps AS s
    CROSS JOIN history_end AS h
    WHERE s.step = 'international_departure'
        AND (h.day IS NULL OR s.step_month > h.day)
    GROUP BY s.step_month
),
shown AS (
    SELECT p.kind AS period_kind, p.period, p.start_on, p.end_on
    FROM system.periods AS p
    JOIN history AS h
        ON p.kind = 'year'
        AND p.end_on = h.day
    UNION ALL
    SELECT p.kind AS period_kind, p.period, p.start_on, p.end_on
    FROM system.periods AS p
    JOIN covered_periods AS c
        ON c.stream = 'resettlement'
        AND c.period = p.period
    CROSS JOIN history_end AS h
    WHERE h.day IS NULL OR p.start_on > h.day
)
SELECT
    s.period_kind,
    s.period,
    CAST(extract(YEAR FROM min(f.day)) AS BIGINT) AS since_year,
    CAST(coalesce(sum(f.operations) FILTER (WHERE f.day >= s.start_on), 0) AS BIGINT) AS operations_in_period,
    CAST(sum(f.operations) AS BIGINT) AS operations_cumulative
FROM shown AS s
JOIN flows AS f
    ON f.day <= s.end_on
GROUP BY s.period_kind, s.period
