/*
description = "Visits by year, of the quarters"
grain = ["year"]
partition = "year"

[columns]
year = "The year"
visits = "Visits"

[measures.visits]
unit = "visit"
additivity = "full"
date_basis = "visited_on"
*/
SELECT CAST(date_part('year', quarter) AS BIGINT) AS year, CAST(sum(visits) AS BIGINT) AS visits
FROM visits_by_quarter
GROUP BY 1
