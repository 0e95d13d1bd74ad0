/*
description = "Current registrations that stand behind another row of the same person and day, each with the row that is kept; with registered_persons they make up all current registrations"
grain = ["office", "record_id"]
kept_for = "Whoever asks an office why its row is not the one that counts"

[columns]
office = "The office that sent the row"
record_id = "The row's key within office and feed"
person_id = "Keyed pseudonym of case and person"
registered_on = "Day of registration, the office's calendar"
kept_office = "The office whose row of the registration is kept; the same office where it sent the registration under two record ids"
kept_record_id = "The key of the row that is kept"
reported_period = "Month in whose delivery the row stands"
submission_id = "The delivery that the row comes from"
source_path = "Path of the extract"
source_sheet = "Sheet of the extract; null where it has none"
source_row = "Row in the extract"
changed_at = "When the office last changed the record, UTC"

[[tests]]
not_null = ["office", "record_id", "person_id", "registered_on", "kept_office", "kept_record_id"]

[[tests]]
unique = ["office", "record_id"]
*/
SELECT
    r.office,
    r.record_id,
    r.person_id,
    r.registered_on,
    p.office AS kept_office,
    p.record_id AS kept_record_id,
    r.period AS reported_period,
    r.submission_id,
    r.source_path,
    r.source_sheet,
    r.source_row,
    r.changed_at
FROM feeds.registrations AS r
JOIN registered_persons AS p
    ON p.person_id = r.person_id
    AND p.registered_on = r.registered_on
WHERE NOT (r.office = p.office AND r.record_id = p.record_id)
