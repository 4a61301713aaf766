-- purpose: how many counties are compared in each month, for the period filter of a page that compares them
-- grain: one row per month
-- params: none
-- scope: county
-- columns: month, counties
SELECT month, COUNT(DISTINCT county_code) AS counties
FROM mart_county_measure
GROUP BY month
ORDER BY month
