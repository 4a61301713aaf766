-- purpose: the files of every load
-- grain: load × file
-- params: none
-- columns: load_id, file, table_name, checksum, row_count, replaced_count, first_period, last_period
SELECT load_id, file, table_name, checksum, row_count, replaced_count, first_period, last_period
FROM meta_load_file
ORDER BY load_id DESC, file
