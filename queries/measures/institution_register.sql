-- purpose: in-county institutions open, with the capability standard they reached
-- grain: unit of the level × opening date × closing date × kind × role × capability
-- params: level, community
-- scope: register
-- columns: unit_code, valid_from, valid_to, kind, role, capability_level, institutions
SELECT unit_code, valid_from, valid_to, kind, role, capability_level,
       SUM(institutions) AS institutions
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         i.opened_on AS valid_from, i.closed_on AS valid_to, i.kind, i.role, i.capability_level,
         1 AS institutions
  FROM dim_institution i
  WHERE i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, valid_from, valid_to, kind, role, capability_level
