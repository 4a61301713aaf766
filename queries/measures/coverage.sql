-- purpose: which institution reported which month, for completeness
-- grain: source × institution × month (counted from year 0, so that no date has to be read)
-- params: sources, first, last
-- columns: source, reporter_code, month_number
SELECT source, reporter_code, CAST(EXTRACT(YEAR FROM month) * 12 + EXTRACT(MONTH FROM month) - 1 AS INTEGER) AS month_number
FROM (
  SELECT 'outpatient' AS source, f.institution_code AS reporter_code, f.month
  FROM fact_outpatient f
  WHERE 'outpatient' IN :sources AND f.month BETWEEN :first AND :last
  GROUP BY f.institution_code, f.month
  UNION ALL
  SELECT 'bed' AS source, f.institution_code AS reporter_code, f.month
  FROM fact_bed f
  WHERE 'bed' IN :sources AND f.month BETWEEN :first AND :last
  GROUP BY f.institution_code, f.month
  UNION ALL
  SELECT 'inpatient_quality' AS source, f.institution_code AS reporter_code, f.month
  FROM fact_inpatient_quality f
  WHERE 'inpatient_quality' IN :sources AND f.month BETWEEN :first AND :last
  GROUP BY f.institution_code, f.month
  UNION ALL
  SELECT 'workload' AS source, f.institution_code AS reporter_code, f.month
  FROM fact_workload f
  WHERE 'workload' IN :sources AND f.month BETWEEN :first AND :last
  GROUP BY f.institution_code, f.month
  UNION ALL
  SELECT 'contract' AS source, f.institution_code AS reporter_code, f.month
  FROM fact_contract f
  WHERE 'contract' IN :sources AND f.month BETWEEN :first AND :last
  GROUP BY f.institution_code, f.month
  UNION ALL
  SELECT 'public_health' AS source, f.institution_code AS reporter_code, f.month
  FROM fact_public_health f
  WHERE 'public_health' IN :sources AND f.month BETWEEN :first AND :last
  GROUP BY f.institution_code, f.month
  UNION ALL
  SELECT 'finance' AS source, f.institution_code AS reporter_code, f.month
  FROM fact_finance f
  WHERE 'finance' IN :sources AND f.month BETWEEN :first AND :last
  GROUP BY f.institution_code, f.month
  UNION ALL
  SELECT 'equipment_use' AS source, e.institution_code AS reporter_code, f.month
  FROM fact_equipment_use f JOIN dim_equipment e ON e.equipment_code = f.equipment_code
  WHERE 'equipment_use' IN :sources AND f.month BETWEEN :first AND :last
  GROUP BY e.institution_code, f.month
) AS reported
