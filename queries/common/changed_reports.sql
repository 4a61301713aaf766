-- purpose: the reports of a time that a load after a given one brought or changed: what a result frozen on that load no longer rests on
-- grain: table × reporter × period
-- params: first, last, load_id
-- columns: table_name, reporter, period, first_load_id, last_load_id
SELECT table_name, reporter, period, first_load_id, last_load_id
FROM meta_report
WHERE period BETWEEN :first AND :last AND last_load_id > :load_id
ORDER BY last_load_id, table_name, reporter, period
