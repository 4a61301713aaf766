-- purpose: inpatients of the county's institutions by disease group and month: cases, cost, points
-- grain: institution × disease group × month
-- params: first_month, last_month, scheme ('all' for both)
-- scope: provider
-- columns: unit, group, month, cases, cost, points
SELECT f.institution_code AS unit, f.disease_group_code AS "group", f.month,
       SUM(f.encounters) AS cases,
       SUM(f.total_cost) AS cost,
       SUM(f.drg_points) AS points
FROM fact_claim f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND f.service_kind = 'inpatient'
  AND i.in_county
  AND (CAST(:scheme AS VARCHAR(64)) = 'all' OR f.scheme = CAST(:scheme AS VARCHAR(64)))
GROUP BY f.institution_code, f.disease_group_code, f.month
ORDER BY f.institution_code, f.disease_group_code, f.month
