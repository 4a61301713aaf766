-- purpose: bed use of departments, institutions added up
-- grain: one row per department and month
-- params: institutions, first_month, last_month
-- columns: department_code, name, kind, month, institutions, approved_beds, open_bed_days, occupied_bed_days, discharges, discharged_bed_days
SELECT b.department_code, d.name, d.kind, b.month, COUNT(*) AS institutions,
       CASE WHEN COUNT(b.approved_beds) = COUNT(*) THEN SUM(b.approved_beds) END AS approved_beds,
       SUM(b.open_bed_days) AS open_bed_days,
       SUM(b.occupied_bed_days) AS occupied_bed_days,
       CASE WHEN COUNT(b.discharges) = COUNT(*) THEN SUM(b.discharges) END AS discharges,
       CASE WHEN COUNT(b.discharged_bed_days) = COUNT(*) THEN SUM(b.discharged_bed_days) END AS discharged_bed_days
FROM fact_bed AS b
JOIN dim_department AS d ON d.department_code = b.department_code
WHERE b.institution_code IN :institutions AND b.month BETWEEN :first_month AND :last_month
GROUP BY b.department_code, d.name, d.kind, b.month
ORDER BY b.department_code, b.month
