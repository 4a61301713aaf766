-- purpose: what every load found and loaded all the same
-- grain: load × finding
-- params: none
-- columns: load_id, number, severity, rule, file, line, column_name, value
SELECT load_id, number, severity, rule, file, line, column_name, value
FROM meta_finding
ORDER BY load_id DESC, number
