-- purpose: inpatients treated outside the county that the county could treat, by disease group
-- grain: community × scheme × disease group
-- params: first_month, last_month
-- scope: population
-- columns: community_code, scheme, disease_group_code, primary_capable, encounters, total_cost, fund_paid
SELECT t.community_code, f.scheme, f.disease_group_code, g.primary_capable,
       SUM(f.encounters) AS encounters,
       SUM(f.total_cost) AS total_cost,
       SUM(f.fund_paid) AS fund_paid
FROM fact_claim f
JOIN dim_town t ON t.town_code = f.town_code
JOIN dim_institution i ON i.institution_code = f.institution_code
JOIN dim_disease_group g ON g.disease_group_code = f.disease_group_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND f.service_kind = 'inpatient'
  AND NOT i.in_county
  AND (g.primary_capable OR g.county_capable)
  AND t.community_code IS NOT NULL
GROUP BY t.community_code, f.scheme, f.disease_group_code, g.primary_capable
