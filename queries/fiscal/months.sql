-- purpose: the months in which any institution of a community reported its books
-- grain: month
-- params: none
-- columns: month, institutions
SELECT f.month, COUNT(DISTINCT f.institution_code) AS institutions
FROM fact_finance f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE i.in_county
  AND i.community_code IS NOT NULL
GROUP BY f.month
ORDER BY f.month
