/*
description = "The values of the indicators of return from Morocco, not yet with what they say"
grain = ["indicator", "period", "dimension"]

[columns]
indicator = "The indicator's code, a row of ref.indicators"
disaggregation = "What the value is broken down by; none for totals"
period_kind = "month, quarter, half-year or year"
period = "The period, 2023-01, 2023-Q1, 2023-H1 or 2023"
dimension = "total, or the disaggregation and its member, sadd_group=men for example"
value = "The value in the indicator's unit, not rounded"

[measures.value]
unit = "by indicator"
additivity = "none"
date_basis = "by indicator"

[[tests]]
not_null = ["indicator", "disaggregation", "period_kind", "period", "dimension", "value"]

[[tests]]
unique = ["indicator", "period", "dimension"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }
*/
-- No table holds the coarser groups: persons are counted here, never added up from finer rows.
WITH by_age_sex3 AS (
    SELECT p.period, g.age_sex3, count(DISTINCT m.person_id) AS persons
    FROM movements AS m
    JOIN period_months AS p
        ON p.month_start = m.departed_month
    JOIN dim_sadd_group AS g
        ON g.sadd_group = m.sadd_group
    WHERE m.direction = 'outbound'
    GROUP BY p.period, g.age_sex3
),
age_sex3_groups AS (
    SELECT DISTINCT age_sex3
    FROM dim_sadd_group
    WHERE age_sex3 <> 'unknown'
)
SELECT
    'returns_outbound' AS indicator,
    'none' AS disaggregation,
    period_kind,
    period,
    CAST('total' AS VARCHAR) AS dimension,
    CAST(persons AS DOUBLE) AS value
FROM returns_outbound_total
UNION ALL
SELECT 'returns_outbound', 'sadd_group', period_kind, period, 'sadd_group=' || sadd_group, CAST(persons AS DOUBLE)
FROM returns_outbound_by_sadd
UNION ALL
SELECT 'returns_outbound', 'age_sex3', t.period_kind, t.period, 'age_sex3=' || g.age_sex3, CAST(coalesce(n.persons, 0) AS DOUBLE)
FROM returns_outbound_total AS t
CROSS JOIN age_sex3_groups AS g
LEFT JOIN by_age_sex3 AS n
    ON n.period = t.period
    AND n.age_sex3 = g.age_sex3
UNION ALL
SELECT 'returns_outbound', 'country_of_origin', period_kind, period, 'country_of_origin=' || country_of_origin, CAST(persons AS DOUBLE)
FROM returns_outbound_by_country
UNION ALL
SELECT 'returns_outbound', 'vulnerability', period_kind, period, 'vulnerability=' || vulnerability, CAST(persons AS DOUBLE)
FROM returns_outbound_by_vulnerability
UNION ALL
SELECT 'returns_outbound', 'outside_top', period_kind, period, 'outside_top=' || CAST(top_n AS VARCHAR), CAST(persons_outside AS DOUBLE)
FROM returns_outbound_top
UNION ALL
SELECT 'returns_outbound_top_share_percent', 'top', period_kind, period, 'top=' || CAST(top_n AS VARCHAR), share_percent
FROM returns_outbound_top
WHERE share_percent IS NOT NULL
UNION ALL
SELECT 'returns_outbound_cumulative', 'none', period_kind, period, 'total', CAST(returns_cumulative AS DOUBLE)
FROM returns_outbound_cumulative
