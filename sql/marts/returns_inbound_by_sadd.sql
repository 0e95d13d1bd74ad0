/*
description = "Persons and movements of voluntary return to Morocco by SADD group, against the same period a year before; every group in every period that case files cover"
grain = ["period", "sadd_group"]
order = ["period_kind", "period", "sadd_group"]

[[reports]]
feed = "returns"
offices = "country <> 'MAR'"

[columns]
period_kind = "month, quarter, half-year or year"
period = "The period of departure"
sadd_group = "Sex and age group on the day of departure"
persons = "Distinct persons who departed; 0 where nobody of the group did"
movements = "Departures; a person may depart more than once; add up over periods of one kind only"
persons_year_before = "Distinct persons in the same period a year before; null where no office reported some month of it"
change_absolute = "persons less persons_year_before, both so far as reported: an office that is missing in one of them shows as a change, see completeness; null where persons_year_before is null or no office reported some month of the period itself"
change_percent = "change_absolute in percent of persons_year_before; null where change_absolute is null or persons_year_before is 0"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[measures.movements]
unit = "movement"
additivity = ["period", "sadd_group"]
date_basis = "departed_on"

[measures.persons_year_before]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[measures.change_absolute]
unit = "person"
additivity = "none"
date_basis = "departed_on"

[measures.change_percent]
unit = "percent"
additivity = "none"
date_basis = "departed_on"

[[tests]]
not_null = ["period_kind", "period", "sadd_group", "persons", "movements"]

[[tests]]
unique = ["period", "sadd_group"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }

[[tests]]
sum_equals = { column = "movements", table = "returns_inbound_total", by = ["period"] }
*/
WITH counted AS (
    SELECT
        p.period,
        m.sadd_group,
        CAST(count(DISTINCT m.person_id) AS BIGINT) AS persons,
        CAST(count(*) AS BIGINT) AS movements
    FROM movements AS m
    JOIN period_months AS p
        ON p.month_start = m.departed_month
    WHERE m.direction = 'inbound'
    GROUP BY p.period, m.sadd_group
),
shown AS (
    SELECT c.period_kind, c.period, c.complete, c.year_before, c.year_before_complete, g.code AS sadd_group
    FROM covered_periods AS c
    CROSS JOIN codes.sadd_group AS g
    WHERE c.stream = 'returns_inbound'
),
compared AS (
    SELECT
        s.period_kind,
        s.period,
        s.sadd_group,
        s.complete,
        coalesce(n.persons, 0) AS persons,
        coalesce(n.movements, 0) AS movements,
        CASE WHEN s.year_before_complete THEN coalesce(b.persons, 0) END AS persons_year_before
    FROM shown AS s
    LEFT JOIN counted AS n
        ON n.period = s.period
        AND n.sadd_group = s.sadd_group
    LEFT JOIN counted AS b
        ON b.period = s.year_before
        AND b.sadd_group = s.sadd_group
)
SELECT
    period_kind,
    period,
    sadd_group,
    persons,
    movements,
    persons_year_before,
    CASE WHEN complete THEN persons - persons_year_before END AS change_absolute,
    CASE
        WHEN complete AND persons_year_before > 0
            THEN 100.0 * CAST(persons - persons_year_before AS DOUBLE) / CAST(persons_year_before AS DOUBLE)
    END AS change_percent
FROM compared
