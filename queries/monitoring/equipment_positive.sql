-- purpose: examinations and positive findings of devices whose type has a reference for the positive rate
-- grain: one row per device and month
-- params: first_month, last_month
-- columns: equipment_code, equipment_name, institution_code, reference, month, examinations, positives
SELECT e.equipment_code, e.name AS equipment_name, e.institution_code, t.positive_rate_reference AS reference, u.month,
       SUM(u.examinations) AS examinations, SUM(u.positives) AS positives
FROM fact_equipment_use AS u
JOIN dim_equipment AS e ON e.equipment_code = u.equipment_code
JOIN dim_equipment_type AS t ON t.equipment_type_code = e.equipment_type_code
WHERE u.month BETWEEN :first_month AND :last_month AND t.positive_rate_reference IS NOT NULL
  AND u.examinations IS NOT NULL AND u.positives IS NOT NULL
GROUP BY e.equipment_code, e.name, e.institution_code, t.positive_rate_reference, u.month
