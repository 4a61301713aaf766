-- purpose: family-doctor contracts of in-county institutions
-- grain: institution × month × population group, with the unit of the level
-- params: level, community, months, population_groups
-- columns: unit_code, month, reporter_code, population_group, population, contracted, fulfilled, due, renewed, fulfilled_missing, due_missing, renewed_missing
SELECT unit_code, month, reporter_code, population_group,
       SUM(population) AS population,
       SUM(contracted) AS contracted,
       SUM(fulfilled) AS fulfilled,
       SUM(due) AS due,
       SUM(renewed) AS renewed,
       SUM(CASE WHEN fulfilled IS NULL THEN 1 ELSE 0 END) AS fulfilled_missing,
       SUM(CASE WHEN due IS NULL THEN 1 ELSE 0 END) AS due_missing,
       SUM(CASE WHEN renewed IS NULL THEN 1 ELSE 0 END) AS renewed_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, f.institution_code AS reporter_code, f.population_group,
         f.population, f.contracted, f.fulfilled, f.due, f.renewed
  FROM fact_contract f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.month IN :months
    AND f.population_group IN :population_groups
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, reporter_code, population_group
