-- purpose: cases managed by a clinical pathway among the discharges
-- grain: one row per institution that tells both and month
-- params: first_month, last_month
-- columns: institution_code, month, part, whole
SELECT q.institution_code, q.month, q.pathway_cases AS part, b.discharges AS whole
FROM fact_inpatient_quality AS q
JOIN (
  SELECT institution_code, month, SUM(discharges) AS discharges
  FROM fact_bed
  WHERE month BETWEEN :first_month AND :last_month
  GROUP BY institution_code, month
) AS b ON b.institution_code = q.institution_code AND b.month = q.month
WHERE q.month BETWEEN :first_month AND :last_month AND q.pathway_cases IS NOT NULL
