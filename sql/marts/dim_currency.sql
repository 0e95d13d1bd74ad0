/*
description = "Currencies, ISO 4217"
grain = ["currency"]

[columns]
currency = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["currency", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["currency"]

[[tests]]
accepted_codes = { column = "currency", codes = "currency" }
*/
SELECT
    code AS currency,
    label_en,
    label_fr,
    label_ar
FROM codes.currency
