-- purpose: visits of every institution in the county
-- grain: one row per institution and month, the whole history
-- params: none
-- columns: institution_code, month, visits
SELECT o.institution_code, o.month, o.visits
FROM fact_outpatient AS o
JOIN dim_institution AS i ON i.institution_code = o.institution_code
WHERE i.in_county
ORDER BY o.institution_code, o.month
