/*
description = "Money paid by currency"
grain = ["currency"]

[columns]
currency = "ISO 4217"
paid = "What was paid"
least = "The least that was paid"

[measures.paid]
unit = "money"
additivity = ["sadd_group"]
date_basis = "examined_on"

[measures.least]
unit = "money"
additivity = "none"
date_basis = "examined_on"
*/
SELECT currency, sum(amount) AS paid, min(amount) AS least
FROM feeds.steps
WHERE currency IS NOT NULL
GROUP BY currency
