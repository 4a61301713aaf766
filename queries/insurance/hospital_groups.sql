-- purpose: inpatients of the county's institutions by disease group: points, cost and who paid
-- grain: institution × disease group
-- params: first_month, last_month
-- scope: provider
-- columns: institution_code, disease_group_code, group_kind, base_points, encounters, total_cost, fund_paid, patient_paid, drg_points
SELECT f.institution_code, f.disease_group_code, g.kind AS group_kind, g.base_points,
       SUM(f.encounters) AS encounters,
       SUM(f.total_cost) AS total_cost,
       SUM(f.fund_paid) AS fund_paid,
       SUM(f.patient_paid) AS patient_paid,
       SUM(f.drg_points) AS drg_points
FROM fact_claim f
JOIN dim_institution i ON i.institution_code = f.institution_code
JOIN dim_disease_group g ON g.disease_group_code = f.disease_group_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND f.service_kind = 'inpatient'
  AND i.in_county
GROUP BY f.institution_code, f.disease_group_code, g.kind, g.base_points
