/*
description = "Persons trained and hours taught by topic and month"
grain = ["period", "topic"]

[columns]
period = "The month of the training"
topic = "What was taught"
persons = "Distinct persons"
hours = "Hours taught"

[hxl]
topic = "#activity+topic+code"
hours = "#activity+hours"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "held_on"

[measures.hours]
unit = "hour"
additivity = "full"
date_basis = "held_on"

[[tests]]
not_null = ["period", "topic", "persons", "hours"]

[[tests]]
relationships = { column = "topic", table = "codes.training_topic", to = "code" }
*/
SELECT
    p.period,
    t.topic,
    count(DISTINCT t.person_id) AS persons,
    coalesce(sum(t.hours), 0) AS hours
FROM feeds.trainings AS t
JOIN system.periods AS p
    ON p.kind = 'month'
    AND t.held_on BETWEEN p.start_on AND p.end_on
GROUP BY p.period, t.topic
