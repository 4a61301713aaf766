-- purpose: medical income of an institution and month, to be held against the cost that was settled
-- grain: institution × month × side
-- params: first, last
-- columns: institution_code, month, side, amount
SELECT f.institution_code, f.month, 'income' AS side, SUM(f.amount) AS amount
FROM fact_finance f
JOIN dim_account a ON a.account_code = f.account_code
WHERE f.month BETWEEN :first AND :last AND a.side = 'income' AND a.setting <> 'none'
GROUP BY f.institution_code, f.month
