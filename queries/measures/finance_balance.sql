-- purpose: month-end balances of in-county institutions
-- grain: institution × month × item, with the unit of the level
-- params: level, community, months
-- columns: unit_code, month, reporter_code, item, amount
SELECT unit_code, month, reporter_code, item,
       SUM(amount) AS amount
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, f.institution_code AS reporter_code, a.item,
         f.amount
  FROM fact_finance f
  JOIN dim_account a ON a.account_code = f.account_code
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.month IN :months
    AND a.side = 'balance'
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, reporter_code, item
