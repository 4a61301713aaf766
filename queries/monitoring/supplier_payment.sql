-- purpose: money paid to suppliers in time of what was due
-- grain: one row per institution and month
-- params: first_month, last_month
-- columns: institution_code, month, part, whole
SELECT p.institution_code, p.month, SUM(p.paid_on_time) AS part, SUM(p.due) AS whole
FROM fact_drug_supply AS p
WHERE p.month BETWEEN :first_month AND :last_month AND p.due IS NOT NULL AND p.paid_on_time IS NOT NULL
GROUP BY p.institution_code, p.month
