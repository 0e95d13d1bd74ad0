/*
description = "What counselling is about"
grain = ["topic"]

[columns]
topic = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["topic", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["topic"]

[[tests]]
accepted_codes = { column = "topic", codes = "counselling_topic" }
*/
SELECT
    code AS topic,
    label_en,
    label_fr,
    label_ar
FROM codes.counselling_topic
