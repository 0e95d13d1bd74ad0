/*
description = "Indicators: what each is called and says, in English and French"
grain = ["indicator"]

[columns]
indicator = "The indicator's code"
label_en = "What it is called in English"
label_fr = "What it is called in French"
definition_en = "What it says, in a sentence in English"
definition_fr = "What it says, in a sentence in French"
unit = "Unit of its values"
numerator_en = "What is counted, in English"
numerator_fr = "What is counted, in French"
denominator_en = "What a percentage is taken of, in English; null for counts"
denominator_fr = "What a percentage is taken of, in French; null for counts"
date_basis = "The date that decides the period"

[[tests]]
not_null = ["indicator", "label_en", "label_fr", "definition_en", "definition_fr", "unit", "numerator_en", "numerator_fr", "date_basis"]

[[tests]]
unique = ["indicator"]

[[tests]]
not_null = ["denominator_en", "denominator_fr"]
where = "unit = 'percent'"
*/
SELECT
    indicator,
    label_en,
    label_fr,
    definition_en,
    definition_fr,
    unit,
    numerator_en,
    numerator_fr,
    denominator_en,
    denominator_fr,
    date_basis
FROM ref.indicators
