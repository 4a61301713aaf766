-- purpose: which institution reported which month, for the two monthly returns every county sends
-- grain: one row per table, institution and month
-- params: first_month, last_month
-- columns: table_name, institution_code, month
SELECT 'fact_outpatient' AS table_name, institution_code, month
FROM fact_outpatient
WHERE month BETWEEN :first_month AND :last_month
UNION
SELECT 'fact_bed' AS table_name, institution_code, month
FROM fact_bed
WHERE month BETWEEN :first_month AND :last_month
