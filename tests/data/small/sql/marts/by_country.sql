/*
description = "Persons registered by nationality"
grain = ["nationality"]

[columns]
nationality = "Country of nationality"
persons = "Distinct persons"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "registered_on"

[[tests]]
not_null = ["nationality", "persons"]

[[tests]]
accepted_codes = { column = "nationality", codes = "country" }
*/
SELECT nationality, count(DISTINCT person_id) AS persons
FROM registered
GROUP BY nationality
