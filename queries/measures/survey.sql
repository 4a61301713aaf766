-- purpose: satisfaction surveys of in-county institutions
-- grain: institution × quarter × respondent, with the unit of the level
-- params: level, community, first, last
-- columns: unit_code, quarter, reporter_code, respondent, surveyed, satisfied
SELECT unit_code, quarter, reporter_code, respondent,
       SUM(surveyed) AS surveyed,
       SUM(satisfied) AS satisfied
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.quarter, f.institution_code AS reporter_code, f.respondent,
         f.surveyed, f.satisfied
  FROM fact_survey f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.quarter BETWEEN :first AND :last
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, quarter, reporter_code, respondent
