-- purpose: what the fund paid for the insured of each community's towns, inside and outside the county
-- grain: one row per community, scheme and month
-- params: first_month, last_month
-- columns: community_code, scheme, month, fund_paid
SELECT t.community_code, c.scheme, c.month, SUM(c.fund_paid) AS fund_paid
FROM agg_claim_month AS c
JOIN dim_town AS t ON t.town_code = c.town_code
WHERE c.month BETWEEN :first_month AND :last_month
GROUP BY t.community_code, c.scheme, c.month
