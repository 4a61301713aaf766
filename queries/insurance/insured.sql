-- purpose: insured people by community, newest year not after the given one
-- grain: community
-- params: year
-- columns: community_code, employee, resident, people, age_65_over
SELECT t.community_code,
       SUM(p.insured_employee) AS employee,
       SUM(p.insured_resident) AS resident,
       SUM(p.resident) AS people,
       SUM(p.age_65_over) AS age_65_over
FROM fact_population p
JOIN dim_town t ON t.town_code = p.town_code
JOIN (
  SELECT town_code, MAX(year) AS year
  FROM fact_population
  WHERE year <= :year
  GROUP BY town_code
) newest ON newest.town_code = p.town_code AND newest.year = p.year
WHERE t.community_code IS NOT NULL
GROUP BY t.community_code
