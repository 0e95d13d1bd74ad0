/*
description = "Everything there is, which is made whole"
grain = ["office"]

[columns]
office = "The office"
visits = "Visits"
persons = "Distinct persons"

[measures.visits]
unit = "visit"
additivity = "full"
date_basis = "visited_on"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "visited_on"
*/
SELECT office, CAST(count(*) AS BIGINT) AS visits, CAST(count(DISTINCT person_id) AS BIGINT) AS persons
FROM visits_made
GROUP BY office
