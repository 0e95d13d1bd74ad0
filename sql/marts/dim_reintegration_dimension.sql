/*
description = "Dimensions of reintegration"
grain = ["dimension"]

[columns]
dimension = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[hxl]
dimension = "#service+dimension+code"

[[tests]]
not_null = ["dimension", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["dimension"]

[[tests]]
accepted_codes = { column = "dimension", codes = "dimension" }
*/
SELECT
    code AS dimension,
    label_en,
    label_fr,
    label_ar
FROM codes.dimension
