-- How many people returned from Morocco in the first half of 2023, and who were they?
-- Persons are counted once each. Do not add the groups up for the total, take it from its own table: whoever left twice in
-- the period, before and after turning 18, is in two groups and once in the total.
SELECT 'all' AS sadd_group, persons, movements
FROM returns_outbound_total
WHERE period = '2023-H1'
UNION ALL
SELECT sadd_group, persons, movements
FROM returns_outbound_by_sadd
WHERE period = '2023-H1'
ORDER BY persons DESC, sadd_group
