-- purpose: staff of in-county institutions
-- grain: institution × quarter × category × degree or not, with the unit of the level
-- params: level, community, first, last
-- columns: unit_code, quarter, reporter_code, category, has_degree, kind, role, headcount, establishment_posts, wage_income, paid_headcount, wage_income_missing
SELECT unit_code, quarter, reporter_code, category, has_degree, kind, role,
       SUM(headcount) AS headcount,
       SUM(establishment_posts) AS establishment_posts,
       SUM(wage_income) AS wage_income,
       SUM(paid_headcount) AS paid_headcount,
       SUM(CASE WHEN wage_income IS NULL THEN 1 ELSE 0 END) AS wage_income_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.quarter, f.institution_code AS reporter_code, f.category, i.kind, i.role,
         f.education IN ('postgraduate', 'bachelor') AS has_degree,
         f.headcount, f.establishment_posts, f.wage_income,
         CASE WHEN f.wage_income IS NULL THEN NULL ELSE f.headcount END AS paid_headcount
  FROM fact_workforce f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.quarter BETWEEN :first AND :last
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, quarter, reporter_code, category, has_degree, kind, role
