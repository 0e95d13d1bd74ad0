/*
description = "Countries with their names in three languages"
grain = ["country"]

[columns]
country = "ISO 3166-1 alpha-3 code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["country", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["country"]

[[tests]]
accepted_codes = { column = "country", codes = "country" }

[[tests]]
row_count = { min = 200 }
*/
SELECT
    code AS country,
    label_en,
    label_fr,
    label_ar
FROM codes.country
