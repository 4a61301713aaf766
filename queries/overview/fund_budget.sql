-- purpose: the fund budget of the year, all schemes: the simulation of the year's end knows no filter
-- grain: one row per community and scheme
-- params: year
-- columns: community_code, scheme, budget
SELECT community_code, scheme, budget
FROM fact_fund_budget
WHERE year = :year
