-- purpose: which in-county institution reported which month, for completeness
-- grain: source × institution × month (counted from year 0, so that no date has to be read), with the unit of the level
-- params: level, community, sources, first, last
-- columns: source, unit_code, reporter_code, month_number, closed_month_number
SELECT source, unit_code, reporter_code,
       CAST(EXTRACT(YEAR FROM month) * 12 + EXTRACT(MONTH FROM month) - 1 AS INTEGER) AS month_number,
       CAST(EXTRACT(YEAR FROM closed_on) * 12 + EXTRACT(MONTH FROM closed_on) - 1 AS INTEGER) AS closed_month_number
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         r.source, r.reporter_code, r.month, i.closed_on
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
  ) AS r
  JOIN dim_institution i ON i.institution_code = r.reporter_code
  WHERE i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
