/*
description = "Every indicator that reports, comparisons and reconciliation read, one value a row"
grain = ["indicator", "period", "dimension"]
partition = "period"
order = ["indicator", "period_kind", "period", "disaggregation", "dimension"]

[[reports]]
feed = "registrations"
rows = "indicator LIKE 'registrations%'"

[[reports]]
feed = "returns"
offices = "country = 'MAR'"
rows = "indicator LIKE 'returns_outbound%' AND indicator <> 'returns_outbound_cumulative'"

[[reports]]
feed = "returns"
offices = "country = 'MAR'"
rows = "indicator = 'returns_outbound_cumulative'"
cumulative = true

[[reports]]
feed = "returns"
offices = "country <> 'MAR'"
rows = "indicator LIKE 'returns_inbound%'"

[[reports]]
feed = "returns"
offices = "country <> 'MAR'"
rows = "indicator = 'returns_inbound_change_percent'"
year_before = true

[[reports]]
feed = "vouchers"
rows = "indicator LIKE 'voucher%'"

[[reports]]
feed = "reintegration"
rows = "indicator LIKE 'reintegration%' OR indicator LIKE 'assistance%'"

[[reports]]
feed = "returns"
offices = "country <> 'MAR'"
rows = "indicator LIKE 'counselling_inbound%'"

[[reports]]
feed = "counselling"
rows = "indicator LIKE 'counselling%'"

[[reports]]
feed = "plans"
rows = "indicator LIKE 'plans%'"

[[reports]]
feed = "referrals"
rows = "indicator LIKE 'referrals%'"

[[reports]]
feed = "resettlement"
rows = "indicator LIKE 'resettlement%' AND indicator <> 'resettlement_cumulative'"

[[reports]]
feed = "resettlement"
rows = "indicator = 'resettlement_cumulative'"
cumulative = true

[columns]
indicator = "The indicator's code; dim_indicator has what it is called and says in two languages"
definition = "What it says, in a sentence"
unit = "Unit of the value: person, movement, instance, voucher, piece, operation, country or percent"
numerator = "What is counted"
denominator = "What a percentage is taken of; null for counts"
disaggregation = "What the value is broken down by; none for totals"
date_basis = "The date that decides the period"
period_kind = "month, quarter, half-year or year"
period = "The period, 2023-01, 2023-Q1, 2023-H1 or 2023"
dimension = "total, or the disaggregation and its member: sadd_group=men, partner/sadd_group=anapec/men; not a key of dim_reintegration_dimension"
value = "The value in the row's unit, not rounded; persons of different rows must not be added; a row of a period that covered_periods calls incomplete is partial"

[measures.value]
unit = "by indicator"
additivity = "none"
date_basis = "by indicator"

[[tests]]
not_null = ["indicator", "definition", "unit", "numerator", "disaggregation", "date_basis", "period_kind", "period", "dimension", "value"]

[[tests]]
unique = ["indicator", "period", "dimension"]

[[tests]]
accepted = { column = "period_kind", values = ["month", "quarter", "half-year", "year"] }

[[tests]]
not_null = ["denominator"]
where = "unit = 'percent'"

[[tests]]
accepted = { column = "unit", values = ["person", "movement", "instance", "voucher", "piece", "operation", "country", "percent"] }

[[tests]]
accepted = { column = "disaggregation", values = ["none", "sadd_group", "age_sex3", "country_of_origin", "host_country", "channel", "outside_top", "top", "vulnerability", "voucher_kind", "country", "reintegration_dimension", "assistance_kind", "plan_state", "partner", "partner/sadd_group", "need", "resettlement_step", "destination_country"] }

[[tests]]
accepted = { column = "date_basis", values = ["registered_on", "departed_on", "given_on", "state_since", "referred_on", "step_on"] }
*/
WITH measured AS (
    SELECT indicator, disaggregation, period_kind, period, dimension, value
    FROM indicators_registrations
    UNION ALL
    SELECT indicator, disaggregation, period_kind, period, dimension, value
    FROM indicators_returns_outbound
    UNION ALL
    SELECT indicator, disaggregation, period_kind, period, dimension, value
    FROM indicators_returns_inbound
    UNION ALL
    SELECT indicator, disaggregation, period_kind, period, dimension, value
    FROM indicators_vouchers
    UNION ALL
    SELECT indicator, disaggregation, period_kind, period, dimension, value
    FROM indicators_reintegration_outbound
    UNION ALL
    SELECT indicator, disaggregation, period_kind, period, dimension, value
    FROM indicators_reintegration_inbound
    UNION ALL
    SELECT indicator, disaggregation, period_kind, period, dimension, value
    FROM indicators_referrals
    UNION ALL
    SELECT indicator, disaggregation, period_kind, period, dimension, value
    FROM indicators_resettlement
)
SELECT
    m.indicator,
    c.definition_en AS definition,
    c.unit,
    c.numerator_en AS numerator,
    c.denominator_en AS denominator,
    m.disaggregation,
    c.date_basis,
    m.period_kind,
    m.period,
    m.dimension,
    m.value
FROM measured AS m
LEFT JOIN ref.indicators AS c
    ON c.indicator = m.indicator
