-- Do more Moroccans come home than a year before? The change is empty where one of the two periods was not reported whole.
SELECT period_kind, period, persons, persons_year_before, change_absolute, change_percent
FROM returns_inbound_total
WHERE period IN ('2023-01', '2023-02', '2023-03', '2023-04', '2023-05', '2023-06', '2023-Q1', '2023-Q2', '2023-H1')
ORDER BY period_kind, period
