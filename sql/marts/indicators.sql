/*
description = "Every indicator that reports, comparisons and reconciliation read, one value a row"
grain = ["indicator", "period", "dimension"]
order = ["indicator", "period_kind", "period", "disaggregation", "dimension"]

[[reports]]
feed = "registrations"
rows = "indicator LIKE 'registrations%'"

[[reports]]
feed = "returns"
offices = "country = 'MAR'"
rows = "indicator LIKE 'returns_outbound%'"

[[reports]]
feed = "returns"
offices = "country <> 'MAR'"
rows = "indicator LIKE 'returns_inbound%'"

[[reports]]
feed = "returns"
offices = "country <> 'MAR'"
rows = "indicator = 'returns_inbound_change_percent'"
year_before = true

[columns]
indicator = "The indicator's code"
definition = "What it says, in a sentence"
unit = "Unit of the value: person, movement or percent"
numerator = "What is counted"
denominator = "What a percentage is taken of; null for counts"
disaggregation = "What the value is broken down by; none for totals"
date_basis = "The date that decides the period"
period_kind = "month, quarter, half-year or year"
period = "The period, 2023-01, 2023-Q1, 2023-H1 or 2023"
dimension = "total, or the disaggregation and its member, sadd_group=men for example"
value = "The value in the row's unit, not rounded; persons of different rows must not be added"

[measures.value]
unit = "by indicator"
additivity = "none"
date_basis = "by indicator"

[[tests]]
not_null = ["indicator", "definition", "unit", "numerator", "disaggregation", "date_basis", "period_kind", "period", "dimension", "value"]

[[tests]]
not_null = ["denominator"]
where = "unit = 'percent'"

[[tests]]
unique = ["indicator", "period", "dimension"]

[[tests]]
accepted = { column = "indicator", values = ["registrations", "returns_inbound", "returns_inbound_change_percent", "returns_outbound", "returns_outbound_cumulative", "returns_outbound_top_share_percent"] }

[[tests]]
accepted = { column = "unit", values = ["person", "movement", "percent"] }

[[tests]]
accepted = { column = "disaggregation", values = ["none", "sadd_group", "age_sex3", "country_of_origin", "host_country", "channel", "outside_top", "top"] }

[[tests]]
accepted = { column = "date_basis", values = ["registered_on", "departed_on"] }

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }
*/
WITH catalogue AS (
    SELECT *
    FROM (VALUES
        (
            'registrations',
            'Persons who registered with the programme in the period',
            'person',
            'distinct persons with a registration in the period',
            CAST(NULL AS VARCHAR),
            'registered_on'
        ),
        (
            'returns_outbound',
            'Persons who returned voluntarily from Morocco to their country of origin in the period',
            'person',
            'distinct persons with an outbound movement in the period',
            NULL,
            'departed_on'
        ),
        (
            'returns_outbound_top_share_percent',
            'Share of the countries of origin with most persons in voluntary return from Morocco in the period',
            'percent',
            'distinct persons with an outbound movement in the period to one of the first countries by persons',
            'distinct persons with an outbound movement in the period',
            'departed_on'
        ),
        (
            'returns_outbound_cumulative',
            'Voluntary returns from Morocco from the first year of the history to the end of the period',
            'movement',
            'outbound returns of the yearly history and outbound movements of the case files after it',
            NULL,
            'departed_on'
        ),
        (
            'returns_inbound',
            'Persons who returned voluntarily from a host country to Morocco in the period',
            'person',
            'distinct persons with an inbound movement in the period',
            NULL,
            'departed_on'
        ),
        (
            'returns_inbound_change_percent',
            'Change of voluntary return to Morocco on the same period a year before',
            'percent',
            'distinct persons with an inbound movement in the period, less those a year before',
            'distinct persons with an inbound movement in the same period a year before',
            'departed_on'
        )
    ) AS t (indicator, definition, unit, numerator, denominator, date_basis)
),
-- Levels that no table of their own holds: persons are counted here, never added up from finer rows.
by_channel AS (
    SELECT p.period, r.channel, count(DISTINCT r.person_id) AS persons
    FROM registered_persons AS r
    JOIN period_months AS p
        ON p.month_start = r.registered_month
    GROUP BY p.period, r.channel
),
by_age_sex3 AS (
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
),
measured AS (
    SELECT
        'registrations' AS indicator,
        'none' AS disaggregation,
        period_kind,
        period,
        CAST('total' AS VARCHAR) AS dimension,
        CAST(persons AS DOUBLE) AS value
    FROM registrations_total
    UNION ALL
    SELECT 'registrations', 'sadd_group', period_kind, period, 'sadd_group=' || sadd_group, CAST(persons AS DOUBLE)
    FROM registrations_by_sadd
    UNION ALL
    SELECT 'registrations', 'channel', t.period_kind, t.period, 'channel=' || k.code, CAST(coalesce(n.persons, 0) AS DOUBLE)
    FROM registrations_total AS t
    CROSS JOIN codes.channel AS k
    LEFT JOIN by_channel AS n
        ON n.period = t.period
        AND n.channel = k.code
    UNION ALL
    SELECT 'returns_outbound', 'none', period_kind, period, 'total', CAST(persons AS DOUBLE)
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
    SELECT 'returns_outbound', 'outside_top', period_kind, period, 'outside_top=' || CAST(top_n AS VARCHAR), CAST(persons_outside AS DOUBLE)
    FROM returns_outbound_top
    UNION ALL
    SELECT 'returns_outbound_top_share_percent', 'top', period_kind, period, 'top=' || CAST(top_n AS VARCHAR), share_percent
    FROM returns_outbound_top
    WHERE share_percent IS NOT NULL
    UNION ALL
    SELECT 'returns_outbound_cumulative', 'none', period_kind, period, 'total', CAST(returns_cumulative AS DOUBLE)
    FROM returns_outbound_cumulative
    UNION ALL
    SELECT 'returns_inbound', 'none', period_kind, period, 'total', CAST(persons AS DOUBLE)
    FROM returns_inbound_total
    UNION ALL
    SELECT 'returns_inbound', 'sadd_group', period_kind, period, 'sadd_group=' || sadd_group, CAST(persons AS DOUBLE)
    FROM returns_inbound_by_sadd
    UNION ALL
    SELECT 'returns_inbound', 'host_country', period_kind, period, 'host_country=' || host_country, CAST(persons AS DOUBLE)
    FROM returns_inbound_by_country
    UNION ALL
    SELECT 'returns_inbound_change_percent', 'none', period_kind, period, 'total', change_percent
    FROM returns_inbound_total
    WHERE change_percent IS NOT NULL
)
SELECT
    m.indicator,
    c.definition,
    c.unit,
    c.numerator,
    c.denominator,
    m.disaggregation,
    c.date_basis,
    m.period_kind,
    m.period,
    m.dimension,
    m.value
FROM measured AS m
JOIN catalogue AS c
    ON c.indicator = m.indicator
