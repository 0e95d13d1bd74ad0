-- To which partners were those who came home referred, by sex and age group? Who was referred to two partners counts with both.
SELECT p.label_en AS partner, r.sadd_group, r.persons, r.referrals
FROM referrals_by_partner_sadd AS r
JOIN dim_partner AS p
    ON p.partner = r.partner
WHERE r.period = '2023-H1'
    AND r.direction = 'inbound'
    AND r.persons > 0
ORDER BY p.label_en, r.sadd_group
