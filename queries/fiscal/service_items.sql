-- purpose: the county's own standard equivalents
-- grain: service item
-- params: none
-- columns: service_item_code, name, unit, standard_equivalent
SELECT service_item_code, name, unit, standard_equivalent
FROM dim_service_item
ORDER BY service_item_code
