-- purpose: residents that each community answers for, as the base on which a pool is shared
-- grain: one row per community, newest year up to the one asked for
-- params: year
-- columns: community_code, residents
SELECT t.community_code, SUM(p.resident) AS residents
FROM fact_population AS p
JOIN dim_town AS t ON t.town_code = p.town_code
WHERE p.year = (SELECT MAX(year) FROM fact_population WHERE year <= :year) AND t.community_code IS NOT NULL
GROUP BY t.community_code
