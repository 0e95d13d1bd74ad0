/*
description = "The months that case files say something about, by stream, and whether one of the stream's offices reported them"
grain = ["stream", "month_start"]

[columns]
stream = "registrations, returns_outbound, returns_inbound, or the feed of any other case files, both directions together"
month_start = "First day of the month"
reported = "1 where an office of the stream delivered for the month, an empty report included; 0 where there are only late or early events in it"

[[tests]]
not_null = ["stream", "month_start", "reported"]

[[tests]]
unique = ["stream", "month_start"]

[[tests]]
accepted = { column = "stream", values = ["registrations", "returns_outbound", "returns_inbound", "vouchers", "reintegration", "plans", "counselling", "referrals", "resettlement"] }

[[tests]]
accepted = { column = "reported", values = [0, 1] }
*/
WITH marks AS (
    -- Offices in Morocco report outbound returns, missions abroad inbound ones; one report of the others tells of both.
    SELECT
        CASE
            WHEN s.feed <> 'returns' THEN s.feed
            WHEN o.country = 'MAR' THEN 'returns_outbound'
            ELSE 'returns_inbound'
        END AS stream,
        m.month_start,
        1 AS reported
    FROM system.submissions AS s
    JOIN system.offices AS o
        ON o.office = s.office
    JOIN period_months AS m
        ON m.period_kind = 'month'
        AND m.period = s.period
    WHERE s.outcome = 'loaded'
    AND s.feed IN ('registrations', 'returns', 'vouchers', 'reintegration', 'plans', 'counselling', 'referrals', 'resettlement')
    UNION ALL
    SELECT CAST('registrations' AS VARCHAR) AS stream, registered_month AS month_start, 0 AS reported
    FROM registered_persons
    UNION ALL
    SELECT 'returns_' || direction AS stream, departed_month AS month_start, 0 AS reported
    FROM movements
    UNION ALL
    SELECT 'vouchers' AS stream, given_month AS month_start, 0 AS reported
    FROM vouchers_given
    UNION ALL
    SELECT 'reintegration' AS stream, given_month AS month_start, 0 AS reported
    FROM assistance_given
    UNION ALL
    SELECT 'plans' AS stream, state_month AS month_start, 0 AS reported
    FROM plans_current
    UNION ALL
    SELECT 'counselling' AS stream, held_month AS month_start, 0 AS reported
    FROM counselling_held
    UNION ALL
    SELECT 'referrals' AS stream, referred_month AS month_start, 0 AS reported
    FROM referrals_made
    UNION ALL
    SELECT 'resettlement' AS stream, step_month AS month_start, 0 AS reported
    FROM resettlement_steps
)
SELECT stream, month_start, max(reported) AS reported
FROM marks
GROUP BY stream, month_start
