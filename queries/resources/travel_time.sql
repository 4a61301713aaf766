-- purpose: travel times that the county supplied
-- grain: town × institution
-- params: none
-- columns: origin, destination, minutes
SELECT town_code AS origin, institution_code AS destination, minutes
FROM dim_travel_time
ORDER BY town_code, institution_code
