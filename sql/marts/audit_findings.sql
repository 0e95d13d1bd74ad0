/*
description = "What the checks across feeds found, a row a finding, with the place of the row in the extract; a finding keeps nothing out of any figure"
grain = ["audit", "office", "record_id"]

[columns]
audit = "What was checked"
feed = "The feed of the row"
office = "The office that sent it"
record_id = "Its key within office and feed"
event_on = "Day of the event that it tells of, the office's calendar"
source_path = "Path of the extract"
source_sheet = "Sheet of the extract; null where it has none"
source_row = "Row in the extract"
finding = "What is wrong"

[[tests]]
not_null = ["audit", "feed", "office", "record_id", "event_on", "source_path", "source_row", "finding"]

[[tests]]
unique = ["audit", "office", "record_id"]

[[tests]]
accepted = { column = "audit", values = ["return-without-registration", "return-before-registration", "voucher-without-registration", "assistance-without-return", "plan-without-return", "counselling-without-return", "referral-without-return"] }
*/
SELECT
    a.audit,
    a.feed,
    a.office,
    a.record_id,
    a.event_on,
    a.source_path,
    a.source_sheet,
    a.source_row,
    d.finding_en AS finding
FROM audited_rows AS a
LEFT JOIN dim_audit AS d
    ON d.audit = a.audit
WHERE a.is_found
