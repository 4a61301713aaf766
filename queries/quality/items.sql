-- purpose: medical income of the county's institutions by cost item and setting
-- grain: institution × setting × item × month
-- params: first_month, last_month
-- columns: unit, setting, item, month, amount
SELECT f.institution_code AS unit, a.setting, a.item, f.month,
       SUM(f.amount) AS amount
FROM fact_finance f
JOIN dim_account a ON a.account_code = f.account_code
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND a.side = 'income'
  AND a.setting <> 'none'
  AND i.in_county
GROUP BY f.institution_code, a.setting, a.item, f.month
ORDER BY f.institution_code, a.setting, a.item, f.month
