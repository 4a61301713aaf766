-- purpose: residents and insured of the towns
-- grain: town × year, with the unit of the level
-- params: level, community, scheme, first_year, last_year
-- columns: unit_code, year, reporter_code, registered, resident, age_65_over, insured, age_65_over_missing, insured_missing
SELECT unit_code, year, reporter_code,
       SUM(registered) AS registered,
       SUM(resident) AS resident,
       SUM(age_65_over) AS age_65_over,
       SUM(insured) AS insured,
       SUM(CASE WHEN age_65_over IS NULL THEN 1 ELSE 0 END) AS age_65_over_missing,
       SUM(CASE WHEN insured IS NULL THEN 1 ELSE 0 END) AS insured_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN t.community_code
           WHEN 'town' THEN t.town_code
         END AS unit_code,
         f.year, f.town_code AS reporter_code,
         f.registered, f.resident, f.age_65_over,
         CASE CAST(:scheme AS VARCHAR(64))
           WHEN 'employee' THEN f.insured_employee
           WHEN 'resident' THEN f.insured_resident
           ELSE f.insured_employee + f.insured_resident
         END AS insured
  FROM fact_population f
  JOIN dim_town t ON t.town_code = f.town_code
  WHERE f.year BETWEEN :first_year AND :last_year
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR t.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, year, reporter_code
