-- purpose: beds, admissions and discharges of in-county institutions
-- grain: unit of the level × month × institution kind × role
-- params: level, community, months
-- columns: unit_code, month, kind, role, approved_beds, open_bed_days, occupied_bed_days, admissions, discharges, discharged_bed_days, approved_beds_missing, admissions_missing, discharges_missing, discharged_bed_days_missing
SELECT unit_code, month, kind, role,
       SUM(approved_beds) AS approved_beds,
       SUM(open_bed_days) AS open_bed_days,
       SUM(occupied_bed_days) AS occupied_bed_days,
       SUM(admissions) AS admissions,
       SUM(discharges) AS discharges,
       SUM(discharged_bed_days) AS discharged_bed_days,
       SUM(CASE WHEN approved_beds IS NULL THEN 1 ELSE 0 END) AS approved_beds_missing,
       SUM(CASE WHEN admissions IS NULL THEN 1 ELSE 0 END) AS admissions_missing,
       SUM(CASE WHEN discharges IS NULL THEN 1 ELSE 0 END) AS discharges_missing,
       SUM(CASE WHEN discharged_bed_days IS NULL THEN 1 ELSE 0 END) AS discharged_bed_days_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, i.kind, i.role,
         f.approved_beds, f.open_bed_days, f.occupied_bed_days,
         f.admissions, f.discharges, f.discharged_bed_days
  FROM fact_bed f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.month IN :months
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, kind, role
