/*
description = "Every row that a check across feeds looked at, once a check, and whether it found something; a check never keeps a row out, since the order in which feeds come would decide"
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
is_found = "Whether the check found something"

[[tests]]
not_null = ["audit", "feed", "office", "record_id", "event_on", "source_path", "source_row", "is_found"]

[[tests]]
unique = ["audit", "office", "record_id"]

[[tests]]
accepted = { column = "audit", values = ["return-without-registration", "return-before-registration", "voucher-without-registration", "assistance-without-return", "plan-without-return", "counselling-without-return", "referral-without-return"] }
*/
WITH registered AS (
    SELECT person_id, min(registered_on) AS registered_on
    FROM registered_persons
    GROUP BY person_id
),
returned AS (
    SELECT DISTINCT person_id, direction
    FROM movements
),
checked AS (
    SELECT
        CAST('return-without-registration' AS VARCHAR) AS audit,
        'returns' AS feed,
        a.office,
        a.record_id,
        a.departed_on AS event_on,
        a.source_path,
        a.source_sheet,
        a.source_row,
        r.person_id IS NULL AS is_found
    FROM movements AS a
    LEFT JOIN registered AS r
        ON r.person_id = a.person_id
    WHERE a.direction = 'outbound'
    UNION ALL
    SELECT
        'return-before-registration' AS audit,
        'returns' AS feed,
        a.office,
        a.record_id,
        a.departed_on AS event_on,
        a.source_path,
        a.source_sheet,
        a.source_row,
        a.departed_on < r.registered_on AS is_found
    FROM movements AS a
    JOIN registered AS r
        ON r.person_id = a.person_id
    WHERE a.direction = 'outbound'
    UNION ALL
    SELECT
        'voucher-without-registration' AS audit,
        'vouchers' AS feed,
        a.office,
        a.record_id,
        a.given_on AS event_on,
        a.source_path,
        a.source_sheet,
        a.source_row,
        r.person_id IS NULL AS is_found
    FROM feeds.vouchers AS a
    LEFT JOIN registered AS r
        ON r.person_id = a.person_id
    UNION ALL
    SELECT
        'assistance-without-return' AS audit,
        'reintegration' AS feed,
        a.office,
        a.record_id,
        a.given_on AS event_on,
        a.source_path,
        a.source_sheet,
        a.source_row,
        r.person_id IS NULL AS is_found
    FROM feeds.reintegration AS a
    LEFT JOIN returned AS r
        ON r.person_id = a.person_id
        AND r.direction = a.direction
    UNION ALL
    SELECT
        'plan-without-return' AS audit,
        'plans' AS feed,
        a.office,
        a.record_id,
        a.state_since AS event_on,
        a.source_path,
        a.source_sheet,
        a.source_row,
        r.person_id IS NULL AS is_found
    FROM feeds.plans AS a
    LEFT JOIN returned AS r
        ON r.person_id = a.person_id
        AND r.direction = a.direction
    UNION ALL
    SELECT
        'counselling-without-return' AS audit,
        'counselling' AS feed,
        a.office,
        a.record_id,
        a.held_on AS event_on,
        a.source_path,
        a.source_sheet,
        a.source_row,
        r.person_id IS NULL AS is_found
    FROM feeds.counselling AS a
    LEFT JOIN returned AS r
        ON r.person_id = a.person_id
        AND r.direction = a.direction
    UNION ALL
    SELECT
        'referral-without-return' AS audit,
        'referrals' AS feed,
        a.office,
        a.record_id,
        a.referred_on AS event_on,
        a.source_path,
        a.source_sheet,
        a.source_row,
        r.person_id IS NULL AS is_found
    FROM feeds.referrals AS a
    LEFT JOIN returned AS r
        ON r.person_id = a.person_id
        AND r.direction = a.direction
)
SELECT
    audit,
    feed,
    office,
    record_id,
    event_on,
    source_path,
    source_sheet,
    source_row,
    is_found
FROM checked
