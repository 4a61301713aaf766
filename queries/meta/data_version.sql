-- purpose: which load the database stands on, what kind of data it holds and how far it reaches
-- grain: one row (none in an empty database)
-- params: none
-- columns: load_id, package, data_kind, data_through, loaded_at
SELECT load_id, package, data_kind, data_through, loaded_at
FROM meta_load
ORDER BY load_id DESC
LIMIT 1
