/*
description = "Current registrations, one row per person and day"
grain = ["person_id", "registered_on"]

[columns]
person_id = "Keyed pseudonym of case and person"
registered_on = "Day of registration, the office's calendar"
nationality = "Country of nationality, ISO 3166-1 alpha-3"
sadd_group = "Sex and age group on the day of registration; unknown where sex or age is"

[[tests]]
not_null = ["person_id", "registered_on", "nationality", "sadd_group"]

[[tests]]
unique = ["person_id", "registered_on"]
*/
SELECT r.person_id, r.registered_on, r.nationality, r.sadd_group
FROM feeds.registrations AS r
LEFT JOIN system.offices AS o
    ON o.office = r.office
QUALIFY row_number() OVER (
    PARTITION BY r.person_id, r.registered_on
    ORDER BY o.precedence NULLS LAST, r.changed_at DESC, r.received_at DESC, r.record_id
) = 1
