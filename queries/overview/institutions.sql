-- purpose: the institutions of the county with the attributes that pages group by
-- grain: one row per institution in the county
-- params: none
-- columns: institution_code, name, short_name, kind, role, community_code, town_code
SELECT institution_code, name, COALESCE(short_name, name) AS short_name, kind, role, community_code, town_code
FROM dim_institution
WHERE in_county
