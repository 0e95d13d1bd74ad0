/*
description = "Directions of return"
grain = ["direction"]

[columns]
direction = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["direction", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["direction"]

[[tests]]
accepted_codes = { column = "direction", codes = "direction" }

[[tests]]
row_count = { min = 2, max = 2 }
description = "Out of Morocco and into it"
*/
SELECT
    code AS direction,
    label_en,
    label_fr,
    label_ar
FROM codes.direction
