-- purpose: every load with what it brought
-- grain: load
-- params: none
-- columns: load_id, package, checksum, data_kind, row_count, warning_count, data_through, loaded_at, app_version
SELECT load_id, package, checksum, data_kind, row_count, warning_count, data_through, loaded_at, app_version
FROM meta_load
ORDER BY load_id DESC
