-- purpose: which counties have their marts
-- grain: one row per county
-- params: none
-- scope: county
-- columns: county_code
SELECT DISTINCT county_code
FROM mart_county_measure
