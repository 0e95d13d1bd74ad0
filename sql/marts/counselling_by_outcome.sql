/*
description = "Persons counselled and counselling sessions by direction, place and outcome; no row means none"
grain = ["period", "direction", "place", "outcome"]
partition = "period"
order = ["period_kind", "period", "direction", "place", "outcome"]

[[reports]]
feed = "counselling"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the session"
direction = "Direction of the return that the session is about: outbound (from Morocco) or inbound (to Morocco)"
place = "Where the session was held"
outcome = "What the session led to"
persons = "Distinct persons who were counselled"
sessions = "Counselling sessions, one with each person; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "held_on"

[measures.sessions]
unit = "session"
additivity = ["period", "direction", "place", "outcome"]
date_basis = "held_on"

[[tests]]
not_null = ["period_kind", "period", "direction", "place", "outcome", "persons", "sessions"]

[[tests]]
unique = ["period", "direction", "place", "outcome"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "place", codes = "counselling_place" }

[[tests]]
accepted_codes = { column = "outcome", codes = "counselling_outcome" }
*/
SELECT
    p.period_kind,
    p.period,
    a.direction,
    a.place,
    a.outcome,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS sessions
FROM counselling_held AS a
JOIN period_months AS p
    ON p.month_start = a.held_month
GROUP BY p.period_kind, p.period, a.direction, a.place, a.outcome
