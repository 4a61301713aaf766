-- purpose: the span of months that monthly facts cover, for the period filter
-- grain: one row (NULLs when nothing monthly was loaded)
-- params: tables (names of the monthly fact tables)
-- columns: first_month, last_month
SELECT MIN(first_period) AS first_month, MAX(last_period) AS last_month
FROM meta_freshness
WHERE table_name IN :tables
