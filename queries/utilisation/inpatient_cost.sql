-- purpose: what a bed-day costs: expenditure of the institution, and which part of its medical income is inpatient
-- grain: one row per institution and month
-- params: first_month, last_month
-- columns: institution_code, month, expense, inpatient_income, outpatient_income
SELECT f.institution_code, f.month,
       SUM(CASE WHEN a.side = 'expense' THEN f.amount ELSE 0 END) AS expense,
       SUM(CASE WHEN a.side = 'income' AND a.setting = 'inpatient' THEN f.amount ELSE 0 END) AS inpatient_income,
       SUM(CASE WHEN a.side = 'income' AND a.setting = 'outpatient' THEN f.amount ELSE 0 END) AS outpatient_income
FROM fact_finance AS f
JOIN dim_account AS a ON a.account_code = f.account_code
JOIN dim_institution AS i ON i.institution_code = f.institution_code
WHERE i.in_county AND f.month BETWEEN :first_month AND :last_month
GROUP BY f.institution_code, f.month
