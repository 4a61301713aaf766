-- purpose: technical staff of every institution in the county
-- grain: one row per institution and quarter
-- params: categories
-- columns: institution_code, quarter, headcount
SELECT w.institution_code, w.quarter, SUM(w.headcount) AS headcount
FROM fact_workforce AS w
JOIN dim_institution AS i ON i.institution_code = w.institution_code
WHERE i.in_county AND w.category IN :categories
GROUP BY w.institution_code, w.quarter
