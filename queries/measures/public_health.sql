-- purpose: basic public-health programmes of in-county institutions
-- grain: institution × month × programme, with the unit of the level
-- params: level, community, months, programmes
-- columns: unit_code, month, reporter_code, programme, kind, eligible, managed, managed_to_standard, controlled, managed_to_standard_missing, controlled_missing
SELECT unit_code, month, reporter_code, programme, kind,
       SUM(eligible) AS eligible,
       SUM(managed) AS managed,
       SUM(managed_to_standard) AS managed_to_standard,
       SUM(controlled) AS controlled,
       SUM(CASE WHEN managed_to_standard IS NULL THEN 1 ELSE 0 END) AS managed_to_standard_missing,
       SUM(CASE WHEN controlled IS NULL THEN 1 ELSE 0 END) AS controlled_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, f.institution_code AS reporter_code, f.programme, i.kind,
         f.eligible, f.managed, f.managed_to_standard, f.controlled
  FROM fact_public_health f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.month IN :months
    AND f.programme IN :programmes
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, reporter_code, programme, kind
