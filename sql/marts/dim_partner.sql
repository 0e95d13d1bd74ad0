/*
description = "Partners to whom persons are referred"
grain = ["partner"]

[columns]
partner = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["partner", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["partner"]

[[tests]]
accepted_codes = { column = "partner", codes = "partner" }
*/
SELECT
    code AS partner,
    label_en,
    label_fr,
    label_ar
FROM codes.partner
