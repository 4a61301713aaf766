-- purpose: in-county institutions with the dates between which they are open
-- grain: one row per institution, pharmacies left out
-- params: none
-- columns: institution_code, name, short_name, kind, role, community_code, town_code, longitude, latitude, opened_on, closed_on
SELECT institution_code, name, COALESCE(short_name, name) AS short_name, kind, role, community_code, town_code, longitude, latitude,
       opened_on, closed_on
FROM dim_institution
WHERE in_county AND kind <> 'pharmacy'
ORDER BY institution_code
