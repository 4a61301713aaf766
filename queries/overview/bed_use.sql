-- purpose: bed use of every institution in the county, departments added up
-- grain: one row per institution and month
-- params: first_month, last_month
-- columns: institution_code, month, open_bed_days, occupied_bed_days, discharges, discharged_bed_days
SELECT b.institution_code, b.month, SUM(b.open_bed_days) AS open_bed_days, SUM(b.occupied_bed_days) AS occupied_bed_days,
       SUM(b.discharges) AS discharges, SUM(b.discharged_bed_days) AS discharged_bed_days
FROM fact_bed AS b
JOIN dim_institution AS i ON i.institution_code = b.institution_code
WHERE b.month BETWEEN :first_month AND :last_month AND i.in_county
GROUP BY b.institution_code, b.month
