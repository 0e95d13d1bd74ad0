/*
description = "Persons referred and referrals by direction and SADD group, every group in every period that case files cover"
grain = ["period", "direction", "sadd_group"]
partition = "period"
order = ["period_kind", "period", "direction", "sadd_group"]

[[reports]]
feed = "referrals"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the referral"
direction = "Direction of the return that the referral follows: outbound (from Morocco) or inbound (to Morocco)"
sadd_group = "Sex and age group on the day of the referral"
persons = "Distinct persons of the group who were referred; 0 where nobody was"
referrals = "Referrals; a person may be referred more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "referred_on"

[measures.referrals]
unit = "referral"
additivity = ["period", "direction", "sadd_group"]
date_basis = "referred_on"

[[tests]]
not_null = ["period_kind", "period", "direction", "sadd_group", "persons", "referrals"]

[[tests]]
unique = ["period", "direction", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }

[[tests]]
sum_equals = { column = "referrals", table = "referrals_total", by = ["period", "direction"] }
*/
WITH counted AS (
    SELECT
        p.period,
        a.direction,
        a.sadd_group,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS referrals
    FROM referrals_made AS a
    JOIN period_months AS p
        ON p.month_start = a.referred_month
    GROUP BY p.period, a.direction, a.sadd_group
)
SELECT
    c.period_kind,
    c.period,
    direction.code AS direction,
    sadd_group.code AS sadd_group,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.referrals, 0) AS referrals
FROM covered_periods AS c
CROSS JOIN codes.direction AS direction
CROSS JOIN codes.sadd_group AS sadd_group
LEFT JOIN counted AS n
    ON n.period = c.period
    AND n.direction = direction.code
    AND n.sadd_group = sadd_group.code
WHERE c.stream = 'referrals'
