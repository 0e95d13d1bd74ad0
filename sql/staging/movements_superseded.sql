/*
description = "Current returns that stand behind another row of the same movement, each with the row that is kept; with movements they make up all current returns"
grain = ["office", "record_id"]
kept_for = "Whoever asks an office why its row is not the one that counts"

[columns]
office = "The office that sent the row"
record_id = "The row's key within office and feed"
person_id = "Keyed pseudonym of case and person"
direction = "outbound (from Morocco) or inbound (to Morocco)"
departed_on = "Day of departure, the office's calendar"
kept_office = "The office whose row of the movement is kept; the same office where it sent the movement under two record ids"
kept_record_id = "The key of the row that is kept"
reported_period = "Month in whose delivery the row stands"
submission_id = "The delivery that the row comes from"
source_path = "Path of the extract"
source_sheet = "Sheet of the extract; null where it has none"
source_row = "Row in the extract"
changed_at = "When the office last changed the record, UTC"

[[tests]]
not_null = ["office", "record_id", "person_id", "direction", "departed_on", "kept_office", "kept_record_id"]

[[tests]]
unique = ["office", "record_id"]

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }
*/
SELECT
    r.office,
    r.record_id,
    r.person_id,
    r.direction,
    r.departed_on,
    m.office AS kept_office,
    m.record_id AS kept_record_id,
    r.period AS reported_period,
    r.submission_id,
    r.source_path,
    r.source_sheet,
    r.source_row,
    r.changed_at
FROM feeds.returns AS r
JOIN movements AS m
    ON m.person_id = r.person_id
    AND m.direction = r.direction
    AND m.departed_on = r.departed_on
WHERE NOT (r.office = m.office AND r.record_id = m.record_id)
