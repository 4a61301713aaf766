-- purpose: devices in service in a period with what they did; a device that reported nothing has no sums
-- grain: one row per device
-- params: first_month, last_month, last_day
-- columns: equipment_code, name, equipment_type_code, type_name, is_large, positive_rate_reference, institution_code, purchase_value, purchased_on, months, available_hours, working_hours, examinations, positives, downtime_hours
SELECT e.equipment_code, e.name, e.equipment_type_code, y.name AS type_name, y.is_large, y.positive_rate_reference, e.institution_code,
       e.purchase_value, e.purchased_on,
       COUNT(u.month) AS months,
       SUM(u.available_hours) AS available_hours,
       SUM(u.working_hours) AS working_hours,
       CASE WHEN COUNT(u.examinations) = COUNT(u.month) THEN SUM(u.examinations) END AS examinations,
       CASE WHEN COUNT(u.positives) = COUNT(u.month) THEN SUM(u.positives) END AS positives,
       CASE WHEN COUNT(u.downtime_hours) = COUNT(u.month) THEN SUM(u.downtime_hours) END AS downtime_hours
FROM dim_equipment AS e
JOIN dim_equipment_type AS y ON y.equipment_type_code = e.equipment_type_code
JOIN dim_institution AS i ON i.institution_code = e.institution_code
LEFT JOIN fact_equipment_use AS u ON u.equipment_code = e.equipment_code AND u.month BETWEEN :first_month AND :last_month
WHERE i.in_county
  AND (e.purchased_on IS NULL OR e.purchased_on <= :last_day)
  AND (e.retired_on IS NULL OR e.retired_on >= :first_month)
GROUP BY e.equipment_code, e.name, e.equipment_type_code, y.name, y.is_large, y.positive_rate_reference, e.institution_code,
         e.purchase_value, e.purchased_on
ORDER BY e.equipment_code
