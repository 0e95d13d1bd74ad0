/*
description = "Kinds of reintegration assistance"
grain = ["kind"]

[columns]
kind = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["kind", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["kind"]

[[tests]]
accepted_codes = { column = "kind", codes = "assistance_kind" }
*/
SELECT
    code AS kind,
    label_en,
    label_fr,
    label_ar
FROM codes.assistance_kind
