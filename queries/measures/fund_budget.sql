-- purpose: yearly fund budgets of the communities
-- grain: unit of the level × year × community
-- params: level, community, scheme, first_year, last_year
-- columns: unit_code, year, reporter_code, budget, base_cost, fund_base
SELECT unit_code, year, reporter_code,
       SUM(budget) AS budget,
       SUM(base_cost) AS base_cost,
       SUM(fund_base) AS fund_base
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN f.community_code
         END AS unit_code,
         f.year, f.community_code AS reporter_code,
         f.budget, f.base_cost, f.fund_base
  FROM fact_fund_budget f
  WHERE f.year BETWEEN :first_year AND :last_year
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR f.community_code = CAST(:community AS VARCHAR(64)))
    AND (CAST(:scheme AS VARCHAR(64)) = 'all' OR f.scheme = CAST(:scheme AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, year, reporter_code
