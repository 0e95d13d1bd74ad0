-- Do more people return to Morocco than a year before? The change is empty where no office reported some month of one of the two
-- periods. One office is enough to fill it, so part of a change may be a report that is missing: ask question 8 as well.
SELECT period_kind, period, persons, persons_year_before, change_absolute, round(change_percent, 1) AS change_percent
FROM returns_inbound_total
WHERE period IN ('2023-01', '2023-02', '2023-03', '2023-04', '2023-05', '2023-06', '2023-Q1', '2023-Q2', '2023-H1')
ORDER BY period_kind, period
