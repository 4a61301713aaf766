-- purpose: the county that a load belongs to
-- grain: one row (none for a load that is not there)
-- params: load_id
-- columns: county_code
SELECT county_code
FROM meta_load
WHERE load_id = :load_id
