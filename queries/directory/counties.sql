-- purpose: the counties that the database holds, in the order in which pages offer them
-- grain: one row per county
-- params: none
-- columns: county_code, name, short_name, prefecture
SELECT county_code, name, COALESCE(short_name, name) AS short_name, prefecture
FROM dim_county
ORDER BY county_code
