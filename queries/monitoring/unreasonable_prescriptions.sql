-- purpose: prescriptions found unreasonable of those reviewed
-- grain: one row per institution and month
-- params: first_month, last_month
-- columns: institution_code, month, part, whole
SELECT r.institution_code, r.month, r.unreasonable AS part, r.reviewed AS whole
FROM fact_prescription_review AS r
WHERE r.month BETWEEN :first_month AND :last_month
