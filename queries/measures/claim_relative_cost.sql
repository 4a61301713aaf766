-- purpose: inpatient cost of in-county institutions held against the county's mean cost of the same disease group, taken over the twelve months up to the month itself, so that what arrives later moves nothing
-- grain: unit of the treating institution × month
-- params: level, community, months, scheme, year_before, last
-- scope: county
-- columns: unit_code, month, relative_cost, cases
SELECT unit_code, month,
       SUM(total_cost / mean_cost) AS relative_cost,
       SUM(encounters) AS cases
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, f.total_cost, f.encounters, CAST(g.total_cost AS DOUBLE PRECISION) / g.encounters AS mean_cost
  FROM fact_claim f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  JOIN (
    SELECT disease_group_code, month,
           SUM(total_cost) OVER twelve_months AS total_cost,
           SUM(encounters) OVER twelve_months AS encounters
    FROM (
      SELECT c.disease_group_code, c.month, SUM(c.total_cost) AS total_cost, SUM(c.encounters) AS encounters
      FROM fact_claim c
      JOIN dim_institution p ON p.institution_code = c.institution_code
      WHERE c.service_kind = 'inpatient' AND p.in_county AND c.month BETWEEN :year_before AND :last
      GROUP BY c.disease_group_code, c.month
    ) AS by_month
    WINDOW twelve_months AS (
      -- Months are counted, not dated: MariaDB's windows know numbers alone.
      PARTITION BY disease_group_code ORDER BY EXTRACT(YEAR FROM month) * 12 + EXTRACT(MONTH FROM month)
      RANGE BETWEEN 11 PRECEDING AND CURRENT ROW
    )
  ) AS g ON g.disease_group_code = f.disease_group_code AND g.month = f.month AND g.encounters > 0 AND g.total_cost > 0
  WHERE f.month IN :months
    AND f.service_kind = 'inpatient'
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
    AND (CAST(:scheme AS VARCHAR(64)) = 'all' OR f.scheme = CAST(:scheme AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month
