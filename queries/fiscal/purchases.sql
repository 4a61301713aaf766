-- purpose: purchases of the institutions of the communities in some months, and what cheaper purchase spared
-- grain: institution × class
-- params: first_month, last_month
-- columns: institution_code, purchase_class, months, amount, saved
SELECT f.institution_code, f.purchase_class,
       COUNT(DISTINCT f.month) AS months,
       SUM(f.amount) AS amount,
       SUM(f.saved) AS saved
FROM fact_purchase f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND i.in_county
  AND i.community_code IS NOT NULL
GROUP BY f.institution_code, f.purchase_class
ORDER BY f.institution_code, f.purchase_class
