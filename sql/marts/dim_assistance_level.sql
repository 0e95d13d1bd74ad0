/*
description = "Whom reintegration assistance reaches, with the one that stands where none is given"
grain = ["level"]

[columns]
level = "The code; unspecified where none is given"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["level", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["level"]

[[tests]]
accepted_codes = { column = "level", codes = "assistance_level" }
where = "level <> 'unspecified'"
*/
SELECT
    code AS level,
    label_en,
    label_fr,
    label_ar
FROM codes.assistance_level
UNION ALL
SELECT 'unspecified', 'Unspecified', 'Non précisé', 'غير محدد'
