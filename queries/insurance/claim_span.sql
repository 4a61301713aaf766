-- purpose: the months that claims cover
-- grain: one row per month
-- params: none
-- scope: population
-- columns: month
SELECT DISTINCT month
FROM agg_claim_month
ORDER BY month
