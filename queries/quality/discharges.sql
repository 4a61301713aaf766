-- purpose: discharges of the county's institutions by ward and disease group: days and events
-- grain: institution × department × disease group × month
-- params: first_month, last_month
-- columns: institution_code, department_code, group, month, cases, bed_days, deaths, readmissions, infections, low_ratio_cases, high_ratio_cases, above_line_cases, split_stays, total_cost
SELECT d.institution_code, d.department_code, d.disease_group_code AS "group", d.month, d.cases, d.bed_days, d.deaths, d.readmissions,
       d.infections, d.low_ratio_cases, d.high_ratio_cases, d.above_line_cases, d.split_stays, d.total_cost
FROM fact_discharge_group d
JOIN dim_institution i ON i.institution_code = d.institution_code
WHERE d.month BETWEEN :first_month AND :last_month
  AND i.in_county
ORDER BY d.institution_code, d.department_code, d.disease_group_code, d.month
