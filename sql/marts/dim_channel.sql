/*
description = "How persons come to the programme"
grain = ["channel"]

[columns]
channel = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["channel", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["channel"]

[[tests]]
accepted_codes = { column = "channel", codes = "channel" }
*/
SELECT
    code AS channel,
    label_en,
    label_fr,
    label_ar
FROM codes.channel
