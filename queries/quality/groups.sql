-- purpose: the inpatient disease groups with weight and what they are for
-- grain: disease group
-- params: none
-- columns: group, name, mdc, core_group, weight, primary_capable, county_capable, low_risk
SELECT disease_group_code AS "group", name, mdc, core_group, case_weight AS weight, primary_capable, county_capable, low_risk
FROM dim_disease_group
WHERE kind <> 'outpatient'
ORDER BY disease_group_code
