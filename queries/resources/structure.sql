-- purpose: who the staff are, in one quarter; an institution closed by the last day is left out
-- grain: lead hospital, primary institution or other × category × title × education × age band × sex
-- params: quarter, community, last_day
-- columns: tier, category, title, education, age_band, sex, headcount, establishment_posts, establishment_missing
SELECT tier, category, title, education, age_band, sex,
       SUM(headcount) AS headcount,
       SUM(establishment_posts) AS establishment_posts,
       SUM(CASE WHEN establishment_posts IS NULL THEN headcount ELSE 0 END) AS establishment_missing
FROM (
  SELECT CASE WHEN i.role = 'lead' THEN 'lead'
              WHEN i.kind IN ('township_centre', 'community_centre', 'station') THEN 'primary'
              ELSE 'other' END AS tier,
         f.category, f.title, f.education, f.age_band, f.sex, f.headcount, f.establishment_posts
  FROM fact_workforce f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.quarter = :quarter
    AND i.in_county
    AND (i.closed_on IS NULL OR i.closed_on > :last_day)
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS staff
GROUP BY tier, category, title, education, age_band, sex
ORDER BY tier, category, title, education, age_band, sex
