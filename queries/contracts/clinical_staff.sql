-- purpose: clinicians and nurses of in-county institutions
-- grain: institution × quarter × category
-- params: first_month, last_month
-- columns: institution_code, quarter, category, headcount
SELECT w.institution_code, w.quarter, w.category, SUM(w.headcount) AS headcount
FROM fact_workforce w
JOIN dim_institution i ON i.institution_code = w.institution_code
WHERE w.quarter BETWEEN :first_month AND :last_month AND i.in_county
GROUP BY w.institution_code, w.quarter, w.category
ORDER BY w.institution_code, w.quarter, w.category
