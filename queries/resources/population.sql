-- purpose: residents of the towns by year
-- grain: town × year
-- params: last_year
-- columns: town_code, year, resident
SELECT town_code, year, resident
FROM fact_population
WHERE year <= :last_year
ORDER BY year, town_code
