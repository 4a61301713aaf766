-- purpose: equipment of in-county institutions with its life
-- grain: institution × equipment type × date of purchase × date of retirement
-- params: none
-- columns: institution_code, type_name, is_large, purchased_on, retired_on, pieces, purchase_value
SELECT e.institution_code, t.name AS type_name, t.is_large, e.purchased_on, e.retired_on,
       COUNT(*) AS pieces,
       SUM(e.purchase_value) AS purchase_value
FROM dim_equipment e
JOIN dim_equipment_type t ON t.equipment_type_code = e.equipment_type_code
JOIN dim_institution i ON i.institution_code = e.institution_code
WHERE i.in_county
GROUP BY e.institution_code, t.name, t.is_large, e.purchased_on, e.retired_on
ORDER BY e.institution_code, t.name
