/*
description = "Current counselling sessions in both directions, one row per session with a person"
grain = ["office", "record_id"]
partition = "held_month"
order = ["held_on", "office", "record_id"]

[columns]
person_id = "Keyed pseudonym of case and person"
held_on = "Day of the session, the office's calendar"
held_month = "First day of the month of the session"
direction = "Direction of the return that it is about: outbound (from Morocco) or inbound (to Morocco)"
place = "Where it was held"
mode = "How it was held; null where not given"
outcome = "What it led to"
topics = "What it was about, several possible; null where not given"
sadd_group = "Sex and age group on the day of the session; unknown where sex or age is"
office = "The office that sent the row"
record_id = "The row's key within office and feed"

[[tests]]
not_null = ["person_id", "held_on", "held_month", "direction", "place", "outcome", "sadd_group", "office", "record_id"]

[[tests]]
unique = ["office", "record_id"]

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "place", codes = "counselling_place" }

[[tests]]
accepted_codes = { column = "mode", codes = "counselling_mode" }
where = "mode IS NOT NULL"

[[tests]]
accepted_codes = { column = "outcome", codes = "counselling_outcome" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
SELECT
    person_id,
    held_on,
    CAST(date_trunc('month', held_on) AS DATE) AS held_month,
    direction,
    place,
    mode,
    outcome,
    topics,
    sadd_group,
    office,
    record_id
FROM feeds.counselling
