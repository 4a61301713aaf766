-- purpose: bed use of every institution in the county, departments added up; a sum is missing where a department's figure is
-- grain: one row per institution and month, the whole history
-- params: none
-- columns: institution_code, month, approved_beds, open_bed_days, occupied_bed_days, discharges, discharged_bed_days
SELECT b.institution_code, b.month,
       CASE WHEN COUNT(b.approved_beds) = COUNT(*) THEN SUM(b.approved_beds) END AS approved_beds,
       SUM(b.open_bed_days) AS open_bed_days,
       SUM(b.occupied_bed_days) AS occupied_bed_days,
       CASE WHEN COUNT(b.discharges) = COUNT(*) THEN SUM(b.discharges) END AS discharges,
       CASE WHEN COUNT(b.discharged_bed_days) = COUNT(*) THEN SUM(b.discharged_bed_days) END AS discharged_bed_days
FROM fact_bed AS b
JOIN dim_institution AS i ON i.institution_code = b.institution_code
WHERE i.in_county
GROUP BY b.institution_code, b.month
ORDER BY b.institution_code, b.month
