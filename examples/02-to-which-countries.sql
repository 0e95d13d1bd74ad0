-- To which countries did they return, and how much of the whole do the first eight make? The last column is the same in each
-- row: it is of all eight.
SELECT c.rank, d.label_en AS country, c.persons, round(c.share_percent, 1) AS share_percent, round(t.share_percent, 1) AS share_of_the_first_eight
FROM returns_outbound_by_country AS c
JOIN dim_country AS d
    ON d.country = c.country_of_origin
JOIN returns_outbound_top AS t
    ON t.period = c.period
    AND t.top_n = 8
WHERE c.period = '2023-H1'
    AND c.rank <= 8
ORDER BY c.rank
