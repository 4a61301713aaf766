-- purpose: inpatients of the county's insured outside the county by disease group
-- grain: disease group
-- params: first_month, last_month, scheme ('all' for both)
-- scope: population
-- columns: group, cases, cost
SELECT f.disease_group_code AS "group",
       SUM(f.encounters) AS cases,
       SUM(f.total_cost) AS cost
FROM fact_claim f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND f.service_kind = 'inpatient'
  AND NOT i.in_county
  AND (CAST(:scheme AS VARCHAR(64)) = 'all' OR f.scheme = CAST(:scheme AS VARCHAR(64)))
GROUP BY f.disease_group_code
ORDER BY f.disease_group_code
