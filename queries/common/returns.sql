-- purpose: who reported which month in each table that has regular reporters, and how much, so that silence can be weighed
-- grain: table × reporter (institution; insured town for claims) × month
-- params: first, last
-- scope: population
-- columns: table_name, reporter_code, month, amount
SELECT 'fact_outpatient' AS table_name, institution_code AS reporter_code, month, SUM(visits) AS amount
FROM fact_outpatient WHERE month BETWEEN :first AND :last GROUP BY institution_code, month
UNION ALL
SELECT 'fact_bed' AS table_name, institution_code AS reporter_code, month, SUM(open_bed_days) AS amount
FROM fact_bed WHERE month BETWEEN :first AND :last GROUP BY institution_code, month
UNION ALL
SELECT 'fact_inpatient_quality' AS table_name, institution_code AS reporter_code, month, SUM(grouped_cases) AS amount
FROM fact_inpatient_quality WHERE month BETWEEN :first AND :last GROUP BY institution_code, month
UNION ALL
SELECT 'fact_equipment_use' AS table_name, e.institution_code AS reporter_code, f.month, SUM(f.available_hours) AS amount
FROM fact_equipment_use f JOIN dim_equipment e ON e.equipment_code = f.equipment_code
WHERE f.month BETWEEN :first AND :last GROUP BY e.institution_code, f.month
UNION ALL
SELECT 'fact_contract' AS table_name, institution_code AS reporter_code, month, SUM(population) AS amount
FROM fact_contract WHERE month BETWEEN :first AND :last GROUP BY institution_code, month
UNION ALL
SELECT 'fact_public_health' AS table_name, institution_code AS reporter_code, month, SUM(eligible) AS amount
FROM fact_public_health WHERE month BETWEEN :first AND :last GROUP BY institution_code, month
UNION ALL
SELECT 'fact_finance' AS table_name, institution_code AS reporter_code, month, SUM(ABS(amount)) AS amount
FROM fact_finance WHERE month BETWEEN :first AND :last GROUP BY institution_code, month
UNION ALL
SELECT 'fact_workload' AS table_name, institution_code AS reporter_code, month, SUM(quantity) AS amount
FROM fact_workload WHERE month BETWEEN :first AND :last GROUP BY institution_code, month
UNION ALL
SELECT 'fact_claim' AS table_name, town_code AS reporter_code, month, SUM(encounters) AS amount
FROM agg_claim_month WHERE month BETWEEN :first AND :last GROUP BY town_code, month
