/*
description = "The latest known state of the plan of every person, one row per person and direction: of several plans the one whose state began last, then of the last change, then of the office that comes first in precedence"
grain = ["person_id", "direction"]
order = ["direction", "state_since", "person_id"]

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
unique = ["person_id", "direction"]

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
    p.person_id,
    p.direction,
    p.country,
    p.state,
    p.state_since,
    CAST(date_trunc('month', p.state_since) AS DATE) AS state_month,
    p.sadd_group,
    p.office,
    p.record_id
FROM feeds.plans AS p
LEFT JOIN system.offices AS o
    ON o.office = p.office
QUALIFY row_number() OVER (
    PARTITION BY p.person_id, p.direction
    ORDER BY p.state_since DESC, p.changed_at DESC, o.precedence NULLS LAST, p.office, p.record_id
) = 1
