-- purpose: medical revenue of in-county institutions
-- grain: unit of the level × month × setting
-- params: level, community, months
-- columns: unit_code, month, setting, amount
SELECT unit_code, month, setting,
       SUM(amount) AS amount
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, a.setting,
         f.amount
  FROM fact_finance f
  JOIN dim_account a ON a.account_code = f.account_code
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.month IN :months
    AND a.side = 'income'
    AND a.setting <> 'none'
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, setting
