/*
description = "Persons referred to partners and referrals by direction, both directions in every period that case files cover"
grain = ["period", "direction"]
partition = "period"
order = ["period_kind", "period", "direction"]

[[reports]]
feed = "referrals"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the referral"
direction = "Direction of the return that the referral follows: outbound (from Morocco) or inbound (to Morocco)"
persons = "Distinct persons who were referred; 0 where nobody was"
referrals = "Referrals; a person may be referred more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "referred_on"

[measures.referrals]
unit = "referral"
additivity = ["period", "direction"]
date_basis = "referred_on"

[[tests]]
not_null = ["period_kind", "period", "direction", "persons", "referrals"]

[[tests]]
unique = ["period", "direction"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
expression = "referrals >= persons AND persons >= 0"
description = "A referral is of one person"
*/
WITH counted AS (
    SELECT
        p.period,
        a.direction,
        CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS referrals
    FROM referrals_made AS a
    JOIN period_months AS p
        ON p.month_start = a.referred_month
    GROUP BY p.period, a.direction
)
SELECT
    c.period_kind,
    c.period,
    direction.code AS direction,
    coalesce(n.persons, 0) AS persons,
    coalesce(n.referrals, 0) AS referrals
FROM covered_periods AS c
CROSS JOIN codes.direction AS direction
LEFT JOIN counted AS n
    ON n.period = c.period
    AND n.direction = direction.code
WHERE c.stream = 'referrals'
