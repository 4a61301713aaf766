-- purpose: inpatient cost of in-county institutions held against the county's mean cost of the same disease group in the same year
-- grain: unit of the treating institution × month
-- params: level, community, months, scheme, first_of_year, last_of_year
-- columns: unit_code, month, relative_cost, cases
SELECT unit_code, month,
       SUM(total_cost / mean_cost) AS relative_cost,
       SUM(encounters) AS cases
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, f.total_cost, f.encounters, g.mean_cost
  FROM fact_claim f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  JOIN (
    SELECT c.disease_group_code, EXTRACT(YEAR FROM c.month) AS claim_year, SUM(c.total_cost) / SUM(c.encounters) AS mean_cost
    FROM fact_claim c
    JOIN dim_institution p ON p.institution_code = c.institution_code
    WHERE c.service_kind = 'inpatient' AND p.in_county AND c.month BETWEEN :first_of_year AND :last_of_year
    GROUP BY c.disease_group_code, EXTRACT(YEAR FROM c.month)
    HAVING SUM(c.encounters) > 0 AND SUM(c.total_cost) > 0
  ) AS g ON g.disease_group_code = f.disease_group_code AND g.claim_year = EXTRACT(YEAR FROM f.month)
  WHERE f.month IN :months
    AND f.service_kind = 'inpatient'
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
    AND (CAST(:scheme AS VARCHAR(64)) = 'all' OR f.scheme = CAST(:scheme AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month
