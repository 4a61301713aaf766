-- purpose: the county's own name
-- grain: one row (none when the county did not supply it)
-- params: none
-- columns: name, short_name, boundary_version
SELECT name, COALESCE(short_name, name) AS short_name, boundary_version
FROM dim_county
ORDER BY county_code
LIMIT 1
