-- purpose: who may be expected to report: the institutions in the county with their kind and the time they were open, and the towns of the insured
-- grain: reporter
-- params: none
-- scope: register
-- columns: reporter_code, name, kind, role, community_code, town_code, opened_on, closed_on
SELECT reporter_code, name, kind, role, community_code, town_code, opened_on, closed_on
FROM (
  SELECT institution_code AS reporter_code, COALESCE(short_name, name) AS name, kind, role, community_code, town_code, opened_on, closed_on
  FROM dim_institution
  WHERE in_county
  UNION ALL
  SELECT town_code AS reporter_code, name, 'town' AS kind, CAST(NULL AS VARCHAR(64)) AS role, community_code, town_code,
         CAST(NULL AS DATE) AS opened_on, CAST(NULL AS DATE) AS closed_on
  FROM dim_town
) AS reporters
ORDER BY reporter_code
