/*
description = "States of reintegration plans"
grain = ["state"]

[columns]
state = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["state", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["state"]

[[tests]]
accepted_codes = { column = "state", codes = "plan_state" }
*/
SELECT
    code AS state,
    label_en,
    label_fr,
    label_ar
FROM codes.plan_state
