-- purpose: amount of monitored drugs of all drugs, with the version of the list that was in force
-- grain: one row per institution and month
-- params: first_month, last_month
-- columns: institution_code, month, part, whole, version
SELECT institution_code, month,
       SUM(CASE WHEN version IS NULL THEN 0 ELSE amount END) AS part,
       SUM(amount) AS whole,
       MAX(version) AS version
FROM (
  -- A class may stand on two versions of the list that are both open: it is used once all the same.
  SELECT u.institution_code, u.month, u.drug_class_code, u.amount, MAX(l.list_version) AS version
  FROM fact_drug_use AS u
  LEFT JOIN dim_drug_list AS l
    ON l.drug_class_code = u.drug_class_code AND l.list_kind = 'monitored'
   AND l.valid_from <= u.month AND (l.valid_to IS NULL OR l.valid_to >= u.month)
  WHERE u.month BETWEEN :first_month AND :last_month
  GROUP BY u.institution_code, u.month, u.drug_class_code, u.amount
) AS used
GROUP BY institution_code, month
