-- purpose: when each report first and last arrived
-- grain: table × reporter × period
-- params: first_month, last_month
-- columns: table_name, reporter, period, first_load_id, first_loaded_at, last_load_id, last_loaded_at
SELECT table_name, reporter, period, first_load_id, first_loaded_at, last_load_id, last_loaded_at
FROM meta_report
WHERE period BETWEEN :first_month AND :last_month
ORDER BY table_name, reporter, period
