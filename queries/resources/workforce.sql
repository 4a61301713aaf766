-- purpose: staff of in-county institutions in chosen quarters
-- grain: institution × quarter × category
-- params: quarters
-- columns: institution_code, quarter, category, headcount
SELECT f.institution_code, f.quarter, f.category, SUM(f.headcount) AS headcount
FROM fact_workforce f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.quarter IN :quarters
  AND i.in_county
GROUP BY f.institution_code, f.quarter, f.category
ORDER BY f.quarter, f.institution_code, f.category
