-- purpose: people under contract with the institutions of each community, at the end of the newest month not after the given one
-- grain: community
-- params: last_month
-- columns: community_code, contracted, population
SELECT i.community_code,
       SUM(f.contracted) AS contracted,
       SUM(f.population) AS population
FROM fact_contract f
JOIN dim_institution i ON i.institution_code = f.institution_code
JOIN (
  SELECT institution_code, MAX(month) AS month
  FROM fact_contract
  WHERE population_group = 'all' AND month <= :last_month
  GROUP BY institution_code
) newest ON newest.institution_code = f.institution_code AND newest.month = f.month
WHERE f.population_group = 'all'
  AND i.community_code IS NOT NULL
GROUP BY i.community_code
