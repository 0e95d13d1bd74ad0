/*
description = "Who pays for reintegration assistance"
grain = ["funding"]

[columns]
funding = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["funding", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["funding"]

[[tests]]
accepted_codes = { column = "funding", codes = "funding" }
*/
SELECT
    code AS funding,
    label_en,
    label_fr,
    label_ar
FROM codes.funding
