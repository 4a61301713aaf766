-- purpose: staff of the institutions in the county
-- grain: one row per institution and quarter
-- params: first_month, last_month
-- columns: institution_code, quarter, staff
SELECT w.institution_code, w.quarter, SUM(w.headcount) AS staff
FROM fact_workforce AS w
JOIN dim_institution AS i ON i.institution_code = w.institution_code
WHERE w.quarter BETWEEN :first_month AND :last_month AND i.in_county
GROUP BY w.institution_code, w.quarter
