/*
description = "Places of counselling"
grain = ["place"]

[columns]
place = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["place", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["place"]

[[tests]]
accepted_codes = { column = "place", codes = "counselling_place" }
*/
SELECT
    code AS place,
    label_en,
    label_fr,
    label_ar
FROM codes.counselling_place
