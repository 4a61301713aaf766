-- purpose: referrals by direction, counted at the community that sends
-- grain: one row per sending community, direction and month
-- params: first_month, last_month
-- scope: sender
-- columns: community_code, direction, month, cases, closed_cases
SELECT i.community_code, r.direction, r.month, SUM(r.cases) AS cases, SUM(r.closed_cases) AS closed_cases
FROM fact_referral AS r
JOIN dim_institution AS i ON i.institution_code = r.from_code
WHERE r.month BETWEEN :first_month AND :last_month
GROUP BY i.community_code, r.direction, r.month
