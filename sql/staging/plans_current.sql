/*
description = "Current reintegration plans in both directions, one row per plan with its latest known state; a person may have several"
grain = ["office", "record_id"]
partition = "state_month"
order = ["state_since", "office", "record_id"]

[columns]
person_id = "Keyed pseudonym of case and person"
direction = "Direction of the return that the plan follows: outbound (from Morocco) or inbound (to Morocco)"
country = "Country where the plan is carried out, ISO 3166-1 alpha-3; null where not given"
state = "The plan's latest state"
state_since = "Day on which the state began, the office's calendar"
state_month = "First day of the month in which the state began"
sadd_group = "Sex and age group on the day of the state's beginning; unknown where sex or age is"
office = "The office that sent the row"
record_id = "The row's key within office and feed"

[[tests]]
not_null = ["person_id", "direction", "state", "state_since", "state_month", "sadd_group", "office", "record_id"]

[[tests]]
unique = ["office", "record_id"]

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "country", codes = "country" }
where = "country IS NOT NULL"

[[tests]]
accepted_codes = { column = "state", codes = "plan_state" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
SELECT
    person_id,
    direction,
    country,
    state,
    state_since,
    CAST(date_trunc('month', state_since) AS DATE) AS state_month,
    sadd_group,
    office,
    record_id
FROM feeds.plans
