/*
description = "Persons counselled and counselling sessions by direction and topic; no row means none"
grain = ["period", "direction", "topic"]
partition = "period"
order = ["period_kind", "period", "direction", "topic"]

[[reports]]
feed = "counselling"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the session"
direction = "Direction of the return that the session is about: outbound (from Morocco) or inbound (to Morocco)"
topic = "What the session was about; a session may have several topics and counts in each"
persons = "Distinct persons who were counselled on the topic"
sessions = "Counselling sessions on the topic; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "held_on"

[measures.sessions]
unit = "session"
additivity = ["period", "direction"]
date_basis = "held_on"

[[tests]]
not_null = ["period_kind", "period", "direction", "topic", "persons", "sessions"]

[[tests]]
unique = ["period", "direction", "topic"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "topic", codes = "counselling_topic" }
*/
WITH topics AS (
    SELECT person_id, held_month, direction, office, record_id, unnest(topics) AS topic
    FROM counselling_held
    WHERE topics IS NOT NULL
),
-- A session counts once in a topic, even where the case file names the topic twice.
discussed AS (
    SELECT DISTINCT person_id, held_month, direction, office, record_id, topic
    FROM topics
)
SELECT
    p.period_kind,
    p.period,
    d.direction,
    d.topic,
    CAST(count(DISTINCT d.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS sessions
FROM discussed AS d
JOIN period_months AS p
    ON p.month_start = d.held_month
GROUP BY p.period_kind, p.period, d.direction, d.topic
