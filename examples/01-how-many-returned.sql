-- How many people returned from Morocco in the first half of 2023, and who were they?
-- Persons are counted once each; the groups add up to the total here because nobody is in two of them on one day, but a
-- person who left twice may be a boy once and a man once: take the total from its own table.
SELECT 'all' AS sadd_group, persons, movements
FROM returns_outbound_total
WHERE period = '2023-H1'
UNION ALL
SELECT sadd_group, persons, movements
FROM returns_outbound_by_sadd
WHERE period = '2023-H1'
ORDER BY persons DESC, sadd_group
