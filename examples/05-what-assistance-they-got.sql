-- What assistance did those who came home get? Persons and instances are two things: one person may get several.
SELECT k.label_en AS kind, a.persons, a.instances
FROM assistance_inbound_by_kind AS a
JOIN dim_assistance_kind AS k
    ON k.kind = a.kind
WHERE a.period = '2023-H1'
ORDER BY a.persons DESC, k.label_en
