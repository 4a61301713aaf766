-- purpose: the towns with the community that answers for them
-- grain: one row per town
-- params: none
-- columns: town_code, name, community_code, area_km2, longitude, latitude
SELECT town_code, name, community_code, area_km2, longitude, latitude
FROM dim_town
ORDER BY town_code
