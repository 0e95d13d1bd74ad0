/*
description = "Projects, with the one that stands where none is given"
grain = ["project"]

[columns]
project = "The code; unspecified where none is given"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["project", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["project"]

[[tests]]
accepted_codes = { column = "project", codes = "project" }
where = "project <> 'unspecified'"
*/
SELECT
    code AS project,
    label_en,
    label_fr,
    label_ar
FROM codes.project
UNION ALL
SELECT 'unspecified', 'Unspecified', 'Non précisé', 'غير محدد'
