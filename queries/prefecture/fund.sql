-- purpose: what the year of each county's fund comes to, as it was known at the end of each month
-- grain: county × month
-- params: first_month, last_month, scheme_code (all: every scheme together)
-- scope: county
-- columns: county_code, month, year, budget, spent, through, year_end, year_end_low, year_end_high
SELECT county_code, month, year, budget, spent, through, year_end, year_end_low, year_end_high
FROM mart_county_fund
WHERE month BETWEEN :first_month AND :last_month AND scheme = :scheme_code
ORDER BY month, county_code
