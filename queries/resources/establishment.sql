-- purpose: staff against establishment posts by institution, in one quarter; an institution closed by the last day is left out
-- grain: institution
-- params: quarter, last_day
-- columns: institution_code, headcount, establishment_posts, wage_income, paid_headcount
SELECT f.institution_code,
       SUM(f.headcount) AS headcount,
       SUM(f.establishment_posts) AS establishment_posts,
       SUM(f.wage_income) AS wage_income,
       SUM(CASE WHEN f.wage_income IS NULL THEN 0 ELSE f.headcount END) AS paid_headcount
FROM fact_workforce f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.quarter = :quarter
  AND i.in_county
  AND (i.closed_on IS NULL OR i.closed_on > :last_day)
GROUP BY f.institution_code
ORDER BY f.institution_code
