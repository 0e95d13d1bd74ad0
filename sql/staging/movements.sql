/*
description = "Current returns in both directions, one row per movement: of one that several offices report, the row of the office that comes first in precedence"
grain = ["person_id", "direction", "departed_on"]
partition = "departed_month"
order = ["direction", "departed_on", "person_id"]

[columns]
person_id = "Keyed pseudonym of case and person"
case_id = "Keyed pseudonym of the case, which may hold a family"
direction = "outbound (from Morocco) or inbound (to Morocco)"
departed_on = "Day of departure, the office's calendar"
departed_month = "First day of the month of departure"
host_country = "Country returned from, ISO 3166-1 alpha-3; may be null outbound"
country_of_origin = "Country returned to, ISO 3166-1 alpha-3; may be null inbound"
sadd_group = "Sex and age group on the day of departure; unknown where sex or age is"
sex = "M or F; null where unknown"
age = "Completed years on the day of departure; null where unknown"
vulnerability = "Vulnerability factors, several possible; null where not given"
unaccompanied = "Unaccompanied or separated child; null where not given"
escort = "Whether the person travelled with an escort; null where not given"
return_type = "voluntary or humanitarian; null where not given"
office = "The office whose row is kept"
record_id = "The row's key within office and feed"
reported_by = "How many offices report the movement"
reported_period = "Month in whose delivery the row stands, which need not be the month of departure"
submission_id = "The delivery that the row comes from"
source_path = "Path of the extract"
source_sheet = "Sheet of the extract; null where it has none"
source_row = "Row in the extract"
received_at = "When the delivery was received, UTC"
changed_at = "When the office last changed the record, UTC"

[measures.reported_by]
unit = "office"
additivity = "none"
date_basis = "departed_on"

[measures.age]
unit = "year"
additivity = "none"
date_basis = "departed_on"

[[tests]]
not_null = ["person_id", "direction", "departed_on", "departed_month", "sadd_group", "office", "record_id", "reported_by"]

[[tests]]
unique = ["person_id", "direction", "departed_on"]

[[tests]]
unique = ["office", "record_id"]

[[tests]]
not_null = ["country_of_origin"]
where = "direction = 'outbound'"

[[tests]]
not_null = ["host_country"]
where = "direction = 'inbound'"

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }

[[tests]]
accepted_codes = { column = "host_country", codes = "country" }
where = "host_country IS NOT NULL"

[[tests]]
accepted_codes = { column = "country_of_origin", codes = "country" }
where = "country_of_origin IS NOT NULL"

[[tests]]
accepted_codes = { column = "sex", codes = "sex" }
where = "sex IS NOT NULL"

[[tests]]
accepted_codes = { column = "return_type", codes = "return_type" }
where = "return_type IS NOT NULL"
*/
WITH reports AS (
    SELECT
        person_id,
        direction,
        departed_on,
        CAST(count(DISTINCT office) AS BIGINT) AS reported_by
    FROM feeds.returns
    GROUP BY person_id, direction, departed_on
)
SELECT
    r.person_id,
    r.case_id,
    r.direction,
    r.departed_on,
    CAST(date_trunc('month', r.departed_on) AS DATE) AS departed_month,
    r.host_country,
    r.country_of_origin,
    r.sadd_group,
    r.sex,
    r.age,
    r.vulnerability,
    r.unaccompanied,
    r.escort,
    r.return_type,
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
FROM feeds.returns AS r
JOIN reports AS n
    ON n.person_id = r.person_id
    AND n.direction = r.direction
    AND n.departed_on = r.departed_on
LEFT JOIN system.offices AS o
    ON o.office = r.office
QUALIFY row_number() OVER (
    PARTITION BY r.person_id, r.direction, r.departed_on
    ORDER BY o.precedence NULLS LAST, r.office, r.changed_at DESC, r.received_at DESC, r.record_id
) = 1
