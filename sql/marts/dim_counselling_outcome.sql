/*
description = "What counselling leads to"
grain = ["outcome"]

[columns]
outcome = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["outcome", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["outcome"]

[[tests]]
accepted_codes = { column = "outcome", codes = "counselling_outcome" }
*/
SELECT
    code AS outcome,
    label_en,
    label_fr,
    label_ar
FROM codes.counselling_outcome
