-- purpose: the columns that the database really has, to compare with the schema of this version
-- grain: one row per table and column
-- params: none
-- scope: county
-- columns: table_name, column_name
SELECT table_name, column_name
FROM information_schema.columns
WHERE table_schema = CURRENT_SCHEMA()
