/*
description = "Returns from Morocco since the programme began: the yearly history before the case files, then the case files"
grain = ["period"]
order = ["period_kind", "period"]

[[reports]]
feed = "returns"
offices = "country = 'MAR'"

[columns]
period_kind = "year before the case files; month, quarter, half-year or year since"
period = "The period; only those after the last year of the history are counted from case files"
since_year = "The first year that is counted, the first of the history"
returns_in_period = "Returns (movements, not persons) in the period, so far as reported; add up over periods of one kind only, and from since_year on over years alone: the history has no months"
returns_cumulative = "Returns (movements, not persons) from the start of since_year to the end of the period, so far as reported"

[measures.since_year]
unit = "year"
additivity = "none"
date_basis = "departed_on"

[measures.returns_in_period]
unit = "movement"
additivity = ["period"]
date_basis = "departed_on"

[measures.returns_cumulative]
unit = "movement"
additivity = "none"
date_basis = "departed_on"
cumulative = true

[[tests]]
not_null = ["period_kind", "period", "since_year", "returns_in_period", "returns_cumulative"]

[[tests]]
unique = ["period"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }
*/
WITH history AS (
    SELECT
        year,
        CAST(CAST(year AS VARCHAR) || '-12-31' AS DATE) AS day,
        returns
    FROM ref.returns_history
),
history_end AS (
    SELECT max(day) AS day
    FROM history
),
flows AS (
    SELECT day, returns
    FROM history
    UNION ALL
    SELECT m.departed_month AS day, count(*) AS returns
    FROM movements AS m
    CROSS JOIN history_end AS h
    WHERE m.direction = 'outbound'
        AND (h.day IS NULL OR m.departed_month > h.day)
    GROUP BY m.departed_month
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
        ON c.stream = 'returns_outbound'
        AND c.period = p.period
    CROSS JOIN history_end AS h
    WHERE h.day IS NULL OR p.start_on > h.day
)
SELECT
    s.period_kind,
    s.period,
    CAST(extract(YEAR FROM min(f.day)) AS BIGINT) AS since_year,
    CAST(coalesce(sum(f.returns) FILTER (WHERE f.day >= s.start_on), 0) AS BIGINT) AS returns_in_period,
    CAST(sum(f.returns) AS BIGINT) AS returns_cumulative
FROM shown AS s
JOIN flows AS f
    ON f.day <= s.end_on
GROUP BY s.period_kind, s.period
