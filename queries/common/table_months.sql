-- purpose: the last period that each table reaches
-- grain: table
-- params: none
-- columns: table_name, last_period
SELECT table_name, last_period
FROM meta_freshness
