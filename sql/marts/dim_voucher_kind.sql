/*
description = "Kinds of vouchers"
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
accepted_codes = { column = "kind", codes = "voucher_kind" }
*/
SELECT
    code AS kind,
    label_en,
    label_fr,
    label_ar
FROM codes.voucher_kind
