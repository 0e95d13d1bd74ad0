-- To which countries did they return, and how much of the whole do the first eight make?
SELECT c.rank, d.label_en AS country, c.persons, t.share_percent AS share_of_the_first_eight
FROM returns_outbound_by_country AS c
JOIN dim_country AS d
    ON d.country = c.country_of_origin
JOIN returns_outbound_top AS t
    ON t.period = c.period
    AND t.top_n = 8
WHERE c.period = '2023-H1'
    AND c.rank <= 8
ORDER BY c.rank
