-- purpose: residents by town
-- grain: town × year
-- params: first_year, last_year
-- columns: town_code, year, resident
SELECT town_code, year, resident
FROM fact_population
WHERE year BETWEEN :first_year AND :last_year
ORDER BY town_code, year
