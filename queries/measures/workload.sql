-- purpose: work in standard equivalents of in-county institutions
-- grain: unit of the level × month × kind of service
-- params: level, community, months
-- columns: unit_code, month, service, equivalents
SELECT unit_code, month, service,
       SUM(equivalents) AS equivalents
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, s.kind AS service,
         f.quantity * s.standard_equivalent * f.quality_coefficient AS equivalents
  FROM fact_workload f
  JOIN dim_service_item s ON s.service_item_code = f.service_item_code
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.month IN :months
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, service
