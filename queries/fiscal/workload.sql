-- purpose: workload by service in some months, with the quality coefficient weighted by quantity
-- grain: institution × service item
-- params: first_month, last_month
-- columns: institution_code, service_item_code, months, quantity, weighted
SELECT f.institution_code, f.service_item_code,
       COUNT(DISTINCT f.month) AS months,
       SUM(f.quantity) AS quantity,
       SUM(f.quantity * f.quality_coefficient) AS weighted
FROM fact_workload f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND i.in_county
  AND i.community_code IS NOT NULL
GROUP BY f.institution_code, f.service_item_code
ORDER BY f.institution_code, f.service_item_code
