/*
description = "Visits, one row each, with the place that each has among those of its person in the month"
grain = ["office", "record_id"]
order = ["visited_on", "office", "record_id"]
partition = "visited_month"

[columns]
office = "The office"
record_id = "The row's key within the office"
person_id = "The person's pseudonym"
kind = "What the visit was about"
kind_name = "The same in words"
visited_on = "Day of the visit"
visited_month = "First day of the month of the visit"
place = "Place among the person's visits of the month"
amount = "What it cost; null where that is not known"
submission_id = "The delivery"

[[tests]]
not_null = ["person_id", "visited_month", "kind_name"]

[[tests]]
unique = ["office", "record_id"]

[[tests]]
unique = ["visited_month", "person_id", "place"]

[[tests]]
accepted_codes = { column = "kind", codes = "kind" }

[[tests]]
expression = "place >= 1"

[[tests]]
unique = ["person_id", "visited_on"]
severity = "warn"

[[tests]]
expression = "amount < 450"
severity = "warn"
where = "kind <> 'legal'"
*/
SELECT
    v.office,
    v.record_id,
    v.person_id,
    v.kind,
    k.label_en AS kind_name,
    v.visited_on,
    CAST(date_trunc('month', v.visited_on) AS DATE) AS visited_month,
    CAST(row_number() OVER (
        PARTITION BY v.person_id, CAST(date_trunc('month', v.visited_on) AS DATE)
        ORDER BY v.visited_on, v.office, v.record_id
    ) AS BIGINT) AS place,
    v.amount,
    v.submission_id
FROM feeds.visits AS v
JOIN codes.kind AS k
    ON k.code = v.kind
LEFT JOIN system.offices AS o
    ON o.office = v.office
WHERE o.country = 'MAR'
