-- purpose: the in-county institutions that report, each with the unit of the level it counts in
-- grain: institution
-- params: level, community
-- scope: register
-- columns: unit_code, reporter_code, kind, role, closed_on
SELECT unit_code, reporter_code, kind, role, closed_on
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         i.institution_code AS reporter_code, i.kind, i.role, i.closed_on
  FROM dim_institution i
  WHERE i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
