-- purpose: days of stay of in-county institutions held against the county's mean days of the same disease group, taken over the twelve months up to the month itself, so that what arrives later moves nothing
-- grain: unit of the treating institution × month
-- params: level, community, months, year_before, last
-- scope: county
-- columns: unit_code, month, relative_days, cases
SELECT unit_code, month,
       SUM(bed_days / mean_days) AS relative_days,
       SUM(cases) AS cases
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, f.bed_days, f.cases, CAST(g.bed_days AS DOUBLE PRECISION) / g.cases AS mean_days
  FROM fact_discharge_group f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  JOIN (
    SELECT disease_group_code, month,
           SUM(bed_days) OVER twelve_months AS bed_days,
           SUM(cases) OVER twelve_months AS cases
    FROM (
      SELECT c.disease_group_code, c.month, SUM(c.bed_days) AS bed_days, SUM(c.cases) AS cases
      FROM fact_discharge_group c
      JOIN dim_institution p ON p.institution_code = c.institution_code
      WHERE c.bed_days IS NOT NULL AND p.in_county AND c.month BETWEEN :year_before AND :last
      GROUP BY c.disease_group_code, c.month
    ) AS by_month
    WINDOW twelve_months AS (
      -- Months are counted, not dated: MariaDB's windows know numbers alone.
      PARTITION BY disease_group_code ORDER BY EXTRACT(YEAR FROM month) * 12 + EXTRACT(MONTH FROM month)
      RANGE BETWEEN 11 PRECEDING AND CURRENT ROW
    )
  ) AS g ON g.disease_group_code = f.disease_group_code AND g.month = f.month AND g.cases > 0 AND g.bed_days > 0
  WHERE f.month IN :months
    AND f.bed_days IS NOT NULL
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month
