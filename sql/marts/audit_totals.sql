/*
description = "How many rows the checks across feeds looked at and how many they found something in, by office"
grain = ["audit", "office"]

[columns]
audit = "The check"
office = "The office that sent the rows"
rows_found = "Rows in which the check found something"
rows_checked = "Rows that the check looked at"
share_percent = "rows_found in percent of rows_checked, 0 to 100"

[measures.rows_found]
unit = "row"
additivity = "full"
date_basis = "all time"

[measures.rows_checked]
unit = "row"
additivity = "full"
date_basis = "all time"

[measures.share_percent]
unit = "share"
additivity = "none"
date_basis = "all time"

[[tests]]
not_null = ["audit", "office", "rows_found", "rows_checked", "share_percent"]

[[tests]]
unique = ["audit", "office"]

[[tests]]
accepted = { column = "audit", values = ["return-without-registration", "return-before-registration", "voucher-without-registration", "assistance-without-return", "plan-without-return", "counselling-without-return", "referral-without-return"] }

[[tests]]
expression = "share_percent BETWEEN 0 AND 100"

[[tests]]
expression = "rows_found <= rows_checked"
*/
WITH counted AS (
    SELECT
        audit,
        office,
        CAST(count(*) FILTER (WHERE is_found) AS BIGINT) AS rows_found,
        CAST(count(*) AS BIGINT) AS rows_checked
    FROM audited_rows
    GROUP BY audit, office
)
SELECT
    audit,
    office,
    rows_found,
    rows_checked,
    CASE WHEN rows_checked > 0 THEN 100.0 * CAST(rows_found AS DOUBLE) / CAST(rows_checked AS DOUBLE) END AS share_percent
FROM counted
