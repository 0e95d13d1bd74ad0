/*
description = "Persons who registered with the programme by the channel that brought them and SADD group; no row means nobody"
grain = ["period", "channel", "sadd_group"]
partition = "period"
order = ["period_kind", "period", "channel", "sadd_group"]

[[reports]]
feed = "registrations"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of registration"
channel = "How the person came to the programme"
sadd_group = "Sex and age group on the day of registration"
persons = "Distinct persons who registered"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "registered_on"

[[tests]]
not_null = ["period_kind", "period", "channel", "sadd_group", "persons"]

[[tests]]
unique = ["period", "channel", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "channel", codes = "channel" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
SELECT
    p.period_kind,
    p.period,
    r.channel,
    r.sadd_group,
    CAST(count(DISTINCT r.person_id) AS BIGINT) AS persons
FROM registered_persons AS r
JOIN period_months AS p
    ON p.month_start = r.registered_month
GROUP BY p.period_kind, p.period, r.channel, r.sadd_group
