-- purpose: large-equipment examinations of inpatients for discharged patients; health check-ups are in neither
-- grain: one row per institution with large equipment and month
-- params: first_month, last_month
-- columns: institution_code, month, part, whole
SELECT x.institution_code, x.month, x.part, b.whole
FROM (
  SELECT e.institution_code, u.month, SUM(u.inpatient_examinations) AS part,
         SUM(CASE WHEN u.inpatient_examinations IS NULL THEN 1 ELSE 0 END) AS untold
  FROM fact_equipment_use AS u
  JOIN dim_equipment AS e ON e.equipment_code = u.equipment_code
  JOIN dim_equipment_type AS t ON t.equipment_type_code = e.equipment_type_code
  WHERE u.month BETWEEN :first_month AND :last_month AND t.is_large
  GROUP BY e.institution_code, u.month
) AS x
JOIN (
  SELECT o.institution_code, o.month, SUM(o.discharges) AS whole
  FROM fact_bed AS o
  WHERE o.month BETWEEN :first_month AND :last_month
  GROUP BY o.institution_code, o.month
) AS b ON b.institution_code = x.institution_code AND b.month = x.month
WHERE x.untold = 0
