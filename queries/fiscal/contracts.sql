-- purpose: contracts in some months: fees summed, people as they stood in the last of these months that tells who was served
-- grain: institution × population group
-- params: first_month, last_month
-- columns: institution_code, population_group, months, fee_fiscal, fee_fund, fee_person, population, contracted, fulfilled
SELECT f.institution_code, f.population_group,
       COUNT(DISTINCT f.month) AS months,
       SUM(f.fee_fiscal) AS fee_fiscal,
       SUM(f.fee_fund) AS fee_fund,
       SUM(f.fee_person) AS fee_person,
       MAX(CASE WHEN f.month = newest.month THEN f.population END) AS population,
       MAX(CASE WHEN f.month = newest.month THEN f.contracted END) AS contracted,
       MAX(CASE WHEN f.month = newest.month THEN f.fulfilled END) AS fulfilled
FROM fact_contract f
JOIN dim_institution i ON i.institution_code = f.institution_code
LEFT JOIN (
  SELECT institution_code, MAX(month) AS month
  FROM fact_contract
  WHERE population_group = 'all'
    AND fulfilled IS NOT NULL
    AND month BETWEEN :first_month AND :last_month
  GROUP BY institution_code
) newest ON newest.institution_code = f.institution_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND i.in_county
  AND i.community_code IS NOT NULL
GROUP BY f.institution_code, f.population_group
ORDER BY f.institution_code, f.population_group
