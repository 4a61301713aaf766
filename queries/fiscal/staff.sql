-- purpose: people employed by the institutions of the communities, newest quarter not after the given day
-- grain: institution
-- params: last_month
-- columns: institution_code, headcount
SELECT f.institution_code,
       SUM(f.headcount) AS headcount
FROM fact_workforce f
JOIN dim_institution i ON i.institution_code = f.institution_code
JOIN (
  SELECT institution_code, MAX(quarter) AS quarter
  FROM fact_workforce
  WHERE quarter <= :last_month
  GROUP BY institution_code
) newest ON newest.institution_code = f.institution_code AND newest.quarter = f.quarter
WHERE i.in_county
  AND i.community_code IS NOT NULL
GROUP BY f.institution_code
ORDER BY f.institution_code
