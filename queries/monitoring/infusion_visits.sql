-- purpose: visits with an intravenous infusion among all visits
-- grain: one row per institution that tells them and month
-- params: first_month, last_month
-- columns: institution_code, month, part, whole
SELECT o.institution_code, o.month, o.infusion_visits AS part, o.visits AS whole
FROM fact_outpatient AS o
WHERE o.month BETWEEN :first_month AND :last_month AND o.infusion_visits IS NOT NULL
