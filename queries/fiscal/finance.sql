-- purpose: the books of the institutions of the communities in some months, by institution
-- grain: institution × side × setting × item
-- params: first_month, last_month
-- columns: institution_code, side, setting, item, months, amount
SELECT f.institution_code, a.side, a.setting, a.item,
       COUNT(DISTINCT f.month) AS months,
       SUM(f.amount) AS amount
FROM fact_finance f
JOIN dim_account a ON a.account_code = f.account_code
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND a.side <> 'balance'
  AND i.in_county
  AND i.community_code IS NOT NULL
GROUP BY f.institution_code, a.side, a.setting, a.item
ORDER BY f.institution_code, a.side, a.setting, a.item
