/*
description = "Persons registered, one row each"
grain = ["person_id"]

[columns]
person_id = "The person's pseudonym"
nationality = "Country of nationality"
registered_on = "The first day the person registered"

[[tests]]
unique = ["person_id"]
*/
SELECT person_id, min(nationality) AS nationality, min(registered_on) AS registered_on
FROM feeds.registrations
GROUP BY person_id
