/*
description = "Of the persons who returned to Morocco in the period, those counselled on arrival in the same period with a plan being defined or under way, by SADD group: every group in every period that case files of both returns and counselling cover"
grain = ["period", "sadd_group"]
order = ["period_kind", "period", "sadd_group"]

[[reports]]
feed = "returns"
offices = "country <> 'MAR'"

[[reports]]
feed = "counselling"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of departure and of the session"
sadd_group = "Sex and age group on the day of departure"
persons_returned = "Distinct persons of the group who returned to Morocco in the period"
persons_counselled = "Of those, distinct persons counselled on arrival on the day of departure or after it and not after the period's last day, the outcome a plan being defined or under way"
share_percent = "persons_counselled in percent of persons_returned, 0 to 100; null where nobody of the group returned"

[measures.persons_returned]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[measures.persons_counselled]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[measures.share_percent]
unit = "share"
additivity = "none"
date_basis = "departed_on"

[[tests]]
not_null = ["period_kind", "period", "sadd_group", "persons_returned", "persons_counselled"]

[[tests]]
unique = ["period", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
not_null = ["share_percent"]
where = "persons_returned > 0"

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
WITH counselled AS (
    SELECT p.period, a.sadd_group, CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons
    FROM counselled_on_arrival AS a
    JOIN period_months AS p
        ON p.month_start = a.departed_month
    JOIN system.periods AS s
        ON s.period = p.period
    WHERE a.counselled_on <= s.end_on
    GROUP BY p.period, a.sadd_group
)
SELECT
    t.period_kind,
    t.period,
    t.sadd_group,
    t.persons AS persons_returned,
    coalesce(n.persons, 0) AS persons_counselled,
    CASE WHEN t.persons > 0 THEN 100.0 * CAST(coalesce(n.persons, 0) AS DOUBLE) / CAST(t.persons AS DOUBLE) END AS share_percent
FROM returns_inbound_by_sadd AS t
JOIN covered_periods AS c
    ON c.stream = 'counselling'
    AND c.period = t.period
LEFT JOIN counselled AS n
    ON n.period = t.period
    AND n.sadd_group = t.sadd_group
