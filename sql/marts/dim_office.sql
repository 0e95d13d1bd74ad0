/*
description = "Offices and missions that send extracts"
grain = ["office"]
order = ["precedence"]

[columns]
office = "The office's code"
name = "Its name"
country = "Its country, ISO 3166-1 alpha-3"
timezone = "The time zone of its dates, IANA name"
opened = "First day it works; null where it has always been there"
closed = "Last day it works; null while it is open"
precedence = "Of one movement that two offices report, the row of the lower number counts"

[[tests]]
not_null = ["office", "name", "country", "timezone", "precedence"]

[[tests]]
unique = ["office"]

[[tests]]
unique = ["precedence"]

[[tests]]
accepted_codes = { column = "country", codes = "country" }

[[tests]]
row_count = { min = 13 }
*/
SELECT
    office,
    name,
    country,
    timezone,
    opened,
    closed,
    precedence
FROM system.offices
