-- purpose: what the disease groups are called
-- grain: disease group
-- params: none
-- columns: disease_group_code, name
SELECT disease_group_code, name
FROM dim_disease_group
ORDER BY disease_group_code
