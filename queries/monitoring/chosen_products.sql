-- purpose: centrally purchased products used against what was agreed for the month
-- grain: one row per institution and month
-- params: first_month, last_month
-- columns: institution_code, month, part, whole
SELECT p.institution_code, p.month, SUM(p.used_volume) AS part, SUM(p.agreed_volume) AS whole
FROM fact_drug_supply AS p
WHERE p.month BETWEEN :first_month AND :last_month AND p.agreed_volume IS NOT NULL AND p.used_volume IS NOT NULL
GROUP BY p.institution_code, p.month
