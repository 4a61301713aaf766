-- purpose: open bed-days of in-county institutions in chosen months
-- grain: institution × month
-- params: months
-- columns: institution_code, month, open_bed_days
SELECT f.institution_code, f.month, SUM(f.open_bed_days) AS open_bed_days
FROM fact_bed f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.month IN :months
  AND i.in_county
GROUP BY f.institution_code, f.month
ORDER BY f.month, f.institution_code
