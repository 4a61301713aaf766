-- purpose: what the insured of each community used, where and when: past cost, base year, trend and execution
-- grain: community × scheme × service kind × institution kind × in county × month
-- params: first_month, last_month
-- scope: population
-- columns: community_code, scheme, service_kind, kind, in_county, month, encounters, total_cost, fund_paid
SELECT t.community_code, f.scheme, f.service_kind, i.kind, i.in_county, f.month,
       SUM(f.encounters) AS encounters,
       SUM(f.total_cost) AS total_cost,
       SUM(f.fund_paid) AS fund_paid
FROM agg_claim_month f
JOIN dim_town t ON t.town_code = f.town_code
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND t.community_code IS NOT NULL
GROUP BY t.community_code, f.scheme, f.service_kind, i.kind, i.in_county, f.month
