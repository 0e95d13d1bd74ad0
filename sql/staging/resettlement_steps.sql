/*
description = "The steps that resettlement operations have taken, one row per operation and step"
grain = ["office", "record_id", "step"]
partition = "step_month"
order = ["step_on", "office", "record_id", "step"]

[columns]
person_id = "Keyed pseudonym of case and person"
destination_country = "Country of resettlement, ISO 3166-1 alpha-3"
step = "medical_examination, cultural_orientation, domestic_transport or international_departure"
step_on = "Day of the step, the office's calendar"
step_month = "First day of the month of the step"
sadd_group = "Sex and age group on the day of the operation's first step; unknown where sex or age is"
office = "The office that sent the row"
record_id = "The row's key within office and feed"

[[tests]]
not_null = ["person_id", "destination_country", "step", "step_on", "step_month", "sadd_group", "office", "record_id"]

[[tests]]
unique = ["office", "record_id", "step"]

[[tests]]
accepted_codes = { column = "destination_country", codes = "country" }

[[tests]]
accepted_codes = { column = "step", codes = "resettlement_step" }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }
*/
WITH steps AS (
    SELECT office, record_id, person_id, destination_country, sadd_group, CAST('medical_examination' AS VARCHAR) AS step, medical_examination_on AS step_on
    FROM feeds.resettlement
    WHERE medical_examination_on IS NOT NULL
    UNION ALL
    SELECT office, record_id, person_id, destination_country, sadd_group, 'cultural_orientation' AS step, cultural_orientation_on AS step_on
    FROM feeds.resettlement
    WHERE cultural_orientation_on IS NOT NULL
    UNION ALL
    SELECT office, record_id, person_id, destination_country, sadd_group, 'domestic_transport' AS step, domestic_transport_on AS step_on
    FROM feeds.resettlement
    WHERE domestic_transport_on IS NOT NULL
    UNION ALL
    SELECT office, record_id, person_id, destination_country, sadd_group, 'international_departure' AS step, international_departure_on AS step_on
    FROM feeds.resettlement
    WHERE international_departure_on IS NOT NULL
)
SELECT
    person_id,
    destination_country,
    step,
    step_on,
    CAST(date_trunc('month', step_on) AS DATE) AS step_month,
    sadd_group,
    office,
    record_id
FROM steps
