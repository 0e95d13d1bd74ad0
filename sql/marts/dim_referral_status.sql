/*
description = "Statuses of referrals"
grain = ["status"]

[columns]
status = "The code"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["status", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["status"]

[[tests]]
accepted_codes = { column = "status", codes = "referral_status" }
*/
SELECT
    code AS status,
    label_en,
    label_fr,
    label_ar
FROM codes.referral_status
