/*
description = "Steps of resettlement operations"
grain = ["step"]

[columns]
step = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["step", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["step"]

[[tests]]
accepted_codes = { column = "step", codes = "resettlement_step" }
*/
SELECT
    code AS step,
    label_en,
    label_fr,
    label_ar
FROM codes.resettlement_step
