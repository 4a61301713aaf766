-- purpose: the units of a level with their names, in display order
-- grain: county, community, in-county institution (without pharmacies) or town
-- params: level, community
-- columns: unit, unit_name, kind, role, community_code, display_order
SELECT unit, unit_name, kind, role, community_code, display_order
FROM (
  SELECT 'county' AS level_name, 'county' AS unit, MAX(name) AS unit_name, 'none' AS kind, 'none' AS role,
         CAST(NULL AS VARCHAR(64)) AS community_code, 0 AS display_order
  FROM dim_county
  UNION ALL
  SELECT 'community', c.community_code, c.name, 'none', 'none', c.community_code, c.display_order
  FROM dim_community c
  UNION ALL
  SELECT 'town', t.town_code, t.name, 'none', 'none', t.community_code, 0
  FROM dim_town t
  UNION ALL
  SELECT 'institution', i.institution_code, i.name, i.kind, i.role, i.community_code, 0
  FROM dim_institution i
  WHERE i.in_county AND i.kind <> 'pharmacy'
) AS every_unit
WHERE level_name = CAST(:level AS VARCHAR(20))
  AND (CAST(:community AS VARCHAR(64)) = 'all' OR level_name = 'county' OR community_code = CAST(:community AS VARCHAR(64)))
ORDER BY display_order, unit
