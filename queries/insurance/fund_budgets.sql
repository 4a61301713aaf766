-- purpose: the yearly fund budgets with the growth that was granted
-- grain: community × scheme × year
-- params: none
-- columns: community_code, scheme, year, base_cost, fund_base, growth_volume, growth_quality, growth_price, growth_case_mix, budget, reserve
SELECT community_code, scheme, year, base_cost, fund_base,
       growth_volume, growth_quality, growth_price, growth_case_mix, budget, reserve
FROM fact_fund_budget
ORDER BY year, scheme, community_code
