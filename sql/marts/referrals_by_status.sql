/*
description = "Persons referred and referrals by direction and latest known status, every status in every period that case files cover"
grain = ["period", "direction", "status"]
partition = "period"
order = ["period_kind", "period", "direction", "status"]

[[reports]]
feed = "referrals"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the referral"
direction = "Direction of the return that the referral follows: outbound (from Morocco) or inbound (to Morocco)"
status = "The latest known status of the referral"
persons = "Distinct persons with a referral of the period that stands at the status; 0 where there is none; who has several counts in each"
referrals = "Referrals; a person may be referred more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "referred_on"

[measures.referrals]
unit = "referral"
additivity = ["period", "direction", "status"]
date_basis = "referred_on"

[[tests]]
not_null = ["period_kind", "period", "direction", "status", "persons", "referrals"]

[[tests]]
unique = ["period", "direction", "status"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "status", codes = "referral_status" }

[[tests]]
sum_equals = { column = "referrals", table = "referrals_total", by = ["period", "direction"] }
*/
WITH counted AS (
    SELECT
        p.period,
        a.direction,
        a.status,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS referrals
    FROM referrals_made AS a
    JOIN period_months AS p
        ON p.month_start = a.referred_month
    GROUP BY p.period, a.direction, a.status
)
SELECT
    c.period_kind,
    c.period,
    direction.code AS direction,
    referral_status.code AS status,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.referrals, 0) AS referrals
FROM covered_periods AS c
CROSS JOIN codes.direction AS direction
CROSS JOIN codes.referral_status AS referral_status
LEFT JOIN counted AS n
    ON n.period = c.period
    AND n.direction = direction.code
    AND n.status = referral_status.code
WHERE c.stream = 'referrals'
