/*
description = "Persons referred and referrals by direction, partner, need and SADD group; no row means none"
grain = ["period", "direction", "partner", "need", "sadd_group"]
partition = "period"
order = ["period_kind", "period", "direction", "partner", "need", "sadd_group"]

[[reports]]
feed = "referrals"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of the referral"
direction = "Direction of the return that the referral follows: outbound (from Morocco) or inbound (to Morocco)"
partner = "The partner to whom the person is referred"
need = "The need for which the person is referred"
sadd_group = "Sex and age group on the day of the referral"
persons = "Distinct persons who were referred"
referrals = "Referrals; a person may be referred more than once; add up over periods of one kind only"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "referred_on"

[measures.referrals]
unit = "referral"
additivity = ["period", "direction", "partner", "need", "sadd_group"]
date_basis = "referred_on"

[[tests]]
not_null = ["period_kind", "period", "direction", "partner", "need", "sadd_group", "persons", "referrals"]

[[tests]]
unique = ["period", "direction", "partner", "need", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "partner", codes = "partner" }

[[tests]]
accepted_codes = { column = "need", codes = "need" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
SELECT
    p.period_kind,
    p.period,
    a.direction,
    a.partner,
    a.need,
    a.sadd_group,
    CAST(count(DISTINCT a.person_id) AS BIGINT) AS persons,
    CAST(count(*) AS BIGINT) AS referrals
FROM referrals_made AS a
JOIN period_months AS p
    ON p.month_start = a.referred_month
GROUP BY p.period_kind, p.period, a.direction, a.partner, a.need, a.sadd_group
