/*
description = "Sex and age groups: men and women are 18 and over on the day of the event, boys and girls under 18"
grain = ["sadd_group"]

[columns]
sadd_group = "The group's code"
age_sex3 = "The coarser grouping men, women, minors; unknown where the group is"
label_en = "Name in English"
label_fr = "Name in French"
label_ar = "Name in Arabic"

[[tests]]
not_null = ["sadd_group", "age_sex3", "label_en", "label_fr", "label_ar"]

[[tests]]
unique = ["sadd_group"]

[[tests]]
accepted_codes = { column = "sadd_group", codes = "sadd_group" }

[[tests]]
accepted = { column = "age_sex3", values = ["men", "women", "minors", "unknown"] }

[[tests]]
row_count = { min = 5, max = 5 }
description = "Women, men, girls, boys and unknown"
*/
SELECT
    code AS sadd_group,
    CASE
        WHEN code IN ('boys', 'girls') THEN CAST('minors' AS VARCHAR)
        ELSE code
    END AS age_sex3,
    label_en,
    label_fr,
    label_ar
FROM codes.sadd_group
