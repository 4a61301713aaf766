-- purpose: the disease groups with what a flow page says of them
-- grain: one row per disease group
-- params: none
-- columns: disease_group_code, name, mdc, kind, primary_capable, county_capable
SELECT disease_group_code, name, mdc, kind, primary_capable, county_capable
FROM dim_disease_group
ORDER BY disease_group_code
