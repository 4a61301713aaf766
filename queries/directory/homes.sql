-- purpose: which county each community and institution belongs to
-- grain: one row per community and institution
-- params: none
-- columns: kind, code, county_code
SELECT 'community' AS kind, community_code AS code, county_code
FROM dim_community
UNION ALL
SELECT 'institution', institution_code, county_code
FROM dim_institution
