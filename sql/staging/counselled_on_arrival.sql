/*
description = "Inbound movements that a counselling session on arrival followed whose outcome is a plan being defined or under way, with the day of the first such session"
grain = ["person_id", "departed_on"]
order = ["departed_on", "person_id"]

[columns]
person_id = "Keyed pseudonym of case and person"
departed_on = "Day of departure, the office's calendar"
departed_month = "First day of the month of departure"
sadd_group = "Sex and age group on the day of departure; unknown where sex or age is"
counselled_on = "Day of the first such session on the day of departure or after it"

[[tests]]
not_null = ["person_id", "departed_on", "departed_month", "sadd_group", "counselled_on"]

[[tests]]
unique = ["person_id", "departed_on"]

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
SELECT
    m.person_id,
    m.departed_on,
    m.departed_month,
    m.sadd_group,
    min(c.held_on) AS counselled_on
FROM movements AS m
JOIN counselling_held AS c
    ON c.person_id = m.person_id
    AND c.direction = m.direction
    AND c.held_on >= m.departed_on
WHERE m.direction = 'inbound'
    AND c.place = 'arrival'
    AND c.outcome IN ('plan_being_defined', 'plan_under_way')
GROUP BY m.person_id, m.departed_on, m.departed_month, m.sadd_group
