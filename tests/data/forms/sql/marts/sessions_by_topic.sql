/*
description = "Persons counselled and sessions by office and topic; no topic where none was told"
grain = ["office", "topic"]

[columns]
office = "The office"
topic = "The topic"
persons = "Distinct persons"
sessions = "Sessions"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "held_on"

[measures.sessions]
unit = "session"
additivity = "none"
date_basis = "held_on"
*/
WITH told AS (
  SELECT office, person_id, record_id, CASE WHEN topics IS NULL THEN make_array('untold') WHEN coalesce(array_length(topics), 0) = 0 THEN make_array('none') ELSE topics END AS topics
  FROM feeds.sessions
), one AS (
  SELECT office, person_id, record_id, unnest(topics) AS topic
  FROM told
)
SELECT office, topic, count(DISTINCT person_id) AS persons, count(DISTINCT record_id) AS sessions
FROM one
GROUP BY office, topic
