-- purpose: fund paid outside the county by disease group, for the insured of a town
-- grain: unit of the insured's town × month × disease group
-- params: level, community, months, scheme
-- scope: population
-- columns: unit_code, month, disease_group_code, fund_paid
SELECT unit_code, month, disease_group_code,
       SUM(fund_paid) AS fund_paid
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN t.community_code
           WHEN 'town' THEN t.town_code
         END AS unit_code,
         f.month, f.disease_group_code,
         f.fund_paid
  FROM fact_claim f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  JOIN dim_town t ON t.town_code = f.town_code
  WHERE f.month IN :months
    AND NOT i.in_county
    AND f.service_kind <> 'pharmacy'
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR t.community_code = CAST(:community AS VARCHAR(64)))
    AND (CAST(:scheme AS VARCHAR(64)) = 'all' OR f.scheme = CAST(:scheme AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, disease_group_code
