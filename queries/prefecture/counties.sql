-- purpose: the counties of the database
-- grain: one row per county, in the order in which they are shown
-- params: none
-- columns: county_code, name, short_name
SELECT county_code, name, COALESCE(short_name, name) AS short_name
FROM dim_county
ORDER BY county_code
