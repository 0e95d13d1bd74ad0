-- From which host countries do they come, half-year by half-year? No row means nobody, or that no office reported it.
SELECT d.label_en AS host_country, r.period, r.persons
FROM returns_inbound_by_country AS r
JOIN dim_country AS d
    ON d.country = r.host_country
WHERE r.period_kind = 'half-year'
    AND r.period <= '2023-H1'
ORDER BY d.label_en, r.period
