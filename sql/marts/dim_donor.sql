/*
description = "Donors, with the one that stands where none is given"
grain = ["donor"]

[columns]
donor = "The code; unspecified where none is given"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["donor", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["donor"]

[[tests]]
accepted_codes = { column = "donor", codes = "donor" }
where = "donor <> 'unspecified'"
*/
SELECT
    code AS donor,
    label_en,
    label_fr,
    label_ar
FROM codes.donor
UNION ALL
SELECT 'unspecified', 'Unspecified', 'Non précisé', 'غير محدد'
