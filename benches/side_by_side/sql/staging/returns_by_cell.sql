/*
description = "Returns of every month by office, country, sex and age: what all tables but those of persons and vulnerability are sums of"
grain = ["month", "office", "country_of_origin", "sadd_group"]

[columns]
month = "First day of the month of departure"
office = "The office"
country_of_origin = "Country returned to, ISO 3166-1 alpha-3"
sadd_group = "Sex and age group on the day of departure"
returns = "Returns"
currency = "Currency of the amount, ISO 4217"
amount = "Value of the vouchers given"

[measures.returns]
unit = "movement"
additivity = "full"
date_basis = "departed_on"

[measures.amount]
unit = "by currency"
additivity = ["month", "office", "country_of_origin", "sadd_group"]
date_basis = "departed_on"

[[tests]]
not_null = ["month", "office", "country_of_origin", "sadd_group", "returns", "amount"]

[[tests]]
unique = ["month", "office", "country_of_origin", "sadd_group"]

[[tests]]
expression = "returns > 0 AND amount >= 0"
*/
SELECT
    CAST(date_trunc('month', departed_on) AS DATE) AS month,
    office,
    country_of_origin,
    sadd_group,
    CAST(count(*) AS BIGINT) AS returns,
    'MAD' AS currency,
    CAST(sum(voucher_amount) AS DECIMAL(18, 2)) AS amount
FROM feeds.returns
GROUP BY CAST(date_trunc('month', departed_on) AS DATE), office, country_of_origin, sadd_group
