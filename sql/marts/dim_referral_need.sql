/*
description = "Needs for which persons are referred"
grain = ["need"]

[columns]
need = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["need", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["need"]

[[tests]]
accepted_codes = { column = "need", codes = "need" }
*/
SELECT
    code AS need,
    label_en,
    label_fr,
    label_ar
FROM codes.need
