-- purpose: every institution, inside and outside the county, with the attributes that pages group and filter by
-- grain: one row per institution
-- params: none
-- columns: institution_code, name, short_name, kind, tier, role, community_code, town_code, parent_institution_code, in_county, in_province, in_alliance, longitude, latitude
SELECT institution_code, name, COALESCE(short_name, name) AS short_name, kind, tier, role, community_code, town_code, parent_institution_code,
       in_county, in_province, in_alliance, longitude, latitude
FROM dim_institution
ORDER BY institution_code
