/*
description = "Current referrals of persons to partners in both directions, each with its latest status"
grain = ["office", "record_id"]
partition = "referred_month"
order = ["referred_on", "office", "record_id"]

[columns]
person_id = "Keyed pseudonym of case and person"
referred_on = "Day of the referral, the office's calendar"
referred_month = "First day of the month of the referral"
direction = "Direction of the return that it follows: outbound (from Morocco) or inbound (to Morocco)"
partner = "The partner"
need = "The need for which the person is referred"
status = "The latest status"
closed_on = "Day on which it was closed; null while it is not"
sadd_group = "Sex and age group on the day of the referral; unknown where sex or age is"
office = "The office that sent the row"
record_id = "The row's key within office and feed"

[[tests]]
not_null = ["person_id", "referred_on", "referred_month", "direction", "partner", "need", "status", "sadd_group", "office", "record_id"]

[[tests]]
unique = ["office", "record_id"]

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "partner", codes = "partner" }

[[tests]]
accepted_codes = { column = "need", codes = "need" }

[[tests]]
accepted_codes = { column = "status", codes = "referral_status" }

[[tests]]
not_null = ["closed_on"]
where = "status = 'closed'"

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
SELECT
    person_id,
    referred_on,
    CAST(date_trunc('month', referred_on) AS DATE) AS referred_month,
    direction,
    partner,
    need,
    status,
    closed_on,
    sadd_group,
    office,
    record_id
FROM feeds.referrals
