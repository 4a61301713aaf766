-- purpose: where the counties lie: their towns, for the outline of each county
-- grain: one row per town that belongs to a county
-- params: none
-- columns: county_code, town_code, name, longitude, latitude
SELECT county_code, town_code, name, longitude, latitude
FROM dim_town
WHERE county_code IS NOT NULL
ORDER BY county_code, town_code
