-- What did the vouchers cost? A row for each currency: amounts of two currencies have no sum. Vouchers without an amount are not
-- here, so the numbers are below those of vouchers_by_kind.
SELECT k.label_en AS kind, a.currency, sum(a.vouchers) AS vouchers, sum(a.amount) AS amount
FROM voucher_amounts AS a
JOIN dim_voucher_kind AS k
    ON k.kind = a.kind
WHERE a.period_kind = 'month'
    AND a.period BETWEEN '2023-01' AND '2023-06'
GROUP BY k.label_en, a.currency
ORDER BY k.label_en, a.currency
