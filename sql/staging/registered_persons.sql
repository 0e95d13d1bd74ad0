/*
description = "Current registrations, one row per person and day: of a registration that several offices report, the row of the office that comes first in precedence"
grain = ["person_id", "registered_on"]
partition = "registered_month"
order = ["registered_on", "person_id"]

[columns]
person_id = "Keyed pseudonym of case and person"
case_id = "Keyed pseudonym of the case, which may hold a family"
registered_on = "Day of registration, the office's calendar"
registered_month = "First day of the month of registration"
nationality = "Country of nationality, ISO 3166-1 alpha-3"
channel = "How the person came to the programme"
programme = "AVRR or VHR; null where not given"
sadd_group = "Sex and age group on the day of registration; unknown where sex or age is"
sex = "M or F; null where unknown"
age = "Completed years on the day of registration; null where unknown"
vulnerability = "Vulnerability factors, several possible; null where not given"
unaccompanied = "Unaccompanied or separated child; null where not given"
office = "The office whose row is kept"
record_id = "The row's key within office and feed"
reported_by = "How many offices report the registration"
reported_period = "Month in whose delivery the row stands, which need not be the month of registration"
submission_id = "The delivery that the row comes from"
source_path = "Path of the extract"
source_sheet = "Sheet of the extract; null where it has none"
source_row = "Row in the extract"
received_at = "When the delivery was received, UTC"
changed_at = "When the office last changed the record, UTC"

[measures.reported_by]
unit = "office"
additivity = "none"
date_basis = "registered_on"

[measures.age]
unit = "year"
additivity = "none"
date_basis = "registered_on"

[[tests]]
not_null = ["person_id", "registered_on", "registered_month", "nationality", "channel", "sadd_group", "office", "record_id", "reported_by"]

[[tests]]
unique = ["person_id", "registered_on"]

[[tests]]
unique = ["office", "record_id"]

[[tests]]
accepted_codes = { column = "nationality", codes = "country" }

[[tests]]
accepted_codes = { column = "channel", codes = "channel" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }

[[tests]]
accepted_codes = { column = "sex", codes = "sex" }
where = "sex IS NOT NULL"

[[tests]]
accepted_codes = { column = "programme", codes = "programme" }
where = "programme IS NOT NULL"
*/
WITH reports AS (
    SELECT
        person_id,
        registered_on,
        CAST(count(DISTINCT office) AS BIGINT) AS reported_by
    FROM feeds.registrations
    GROUP BY person_id, registered_on
)
SELECT
    r.person_id,
    r.case_id,
    r.registered_on,
    CAST(date_trunc('month', r.registered_on) AS DATE) AS registered_month,
    r.nationality,
    r.channel,
    r.programme,
    r.sadd_group,
    r.sex,
    r.age,
    r.vulnerability,
    r.unaccompanied,
    r.office,
    r.record_id,
    n.reported_by,
    r.period AS reported_period,
    r.submission_id,
    r.source_path,
    r.source_sheet,
    r.source_row,
    r.received_at,
    r.changed_at
FROM feeds.registrations AS r
JOIN reports AS n
    ON n.person_id = r.person_id
    AND n.registered_on = r.registered_on
LEFT JOIN system.offices AS o
    ON o.office = r.office
QUALIFY row_number() OVER (
    PARTITION BY r.person_id, r.registered_on
    ORDER BY o.precedence NULLS LAST, r.office, r.changed_at DESC, r.received_at DESC, r.record_id
) = 1
