-- purpose: how many rows one reporter has in each table that it reports every month; claims are one report of the county, 'county'
-- grain: table
-- params: reporter, month
-- scope: population
-- columns: table_name, row_count
SELECT 'fact_outpatient' AS table_name, COUNT(*) AS row_count FROM fact_outpatient WHERE institution_code = :reporter AND month = :month
UNION ALL
SELECT 'fact_bed' AS table_name, COUNT(*) AS row_count FROM fact_bed WHERE institution_code = :reporter AND month = :month
UNION ALL
SELECT 'fact_finance' AS table_name, COUNT(*) AS row_count FROM fact_finance WHERE institution_code = :reporter AND month = :month
UNION ALL
SELECT 'fact_contract' AS table_name, COUNT(*) AS row_count FROM fact_contract WHERE institution_code = :reporter AND month = :month
UNION ALL
SELECT 'fact_public_health' AS table_name, COUNT(*) AS row_count FROM fact_public_health WHERE institution_code = :reporter AND month = :month
UNION ALL
SELECT 'fact_workload' AS table_name, COUNT(*) AS row_count FROM fact_workload WHERE institution_code = :reporter AND month = :month
UNION ALL
SELECT 'fact_claim' AS table_name, COUNT(*) AS row_count FROM fact_claim WHERE (:reporter = 'county' OR town_code = :reporter) AND month = :month
