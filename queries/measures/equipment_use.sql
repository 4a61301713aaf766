-- purpose: hours and examinations of equipment of in-county institutions
-- grain: unit of the level × month × large or not × institution kind
-- params: level, community, months
-- columns: unit_code, month, is_large, kind, available_hours, working_hours, examinations, positives, examinations_missing, positives_missing
SELECT unit_code, month, is_large, kind,
       SUM(available_hours) AS available_hours,
       SUM(working_hours) AS working_hours,
       SUM(examinations) AS examinations,
       SUM(positives) AS positives,
       SUM(CASE WHEN examinations IS NULL THEN 1 ELSE 0 END) AS examinations_missing,
       SUM(CASE WHEN positives IS NULL THEN 1 ELSE 0 END) AS positives_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, y.is_large, i.kind,
         f.available_hours, f.working_hours, f.examinations, f.positives
  FROM fact_equipment_use f
  JOIN dim_equipment e ON e.equipment_code = f.equipment_code
  JOIN dim_equipment_type y ON y.equipment_type_code = e.equipment_type_code
  JOIN dim_institution i ON i.institution_code = e.institution_code
  WHERE f.month IN :months
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, is_large, kind
