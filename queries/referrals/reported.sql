-- purpose: which months the two sources of the page cover
-- grain: one row per source that has any row
-- params: none
-- scope: population
-- columns: source, first_month, last_month
SELECT 'referrals' AS source, MIN(month) AS first_month, MAX(month) AS last_month FROM fact_referral HAVING COUNT(*) > 0
UNION ALL
SELECT 'claims' AS source, MIN(month) AS first_month, MAX(month) AS last_month FROM agg_claim_month HAVING COUNT(*) > 0
