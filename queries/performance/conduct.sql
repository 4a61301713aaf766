-- purpose: conduct cases and demerit points of the institutions in the county, by kind
-- grain: one row per institution, kind and month
-- params: first_month, last_month
-- columns: institution_code, community_code, kind, month, cases, demerit_points
SELECT c.institution_code, i.community_code, c.kind, c.month, c.cases, c.demerit_points
FROM fact_conduct AS c
JOIN dim_institution AS i ON i.institution_code = c.institution_code
WHERE c.month BETWEEN :first_month AND :last_month AND i.in_county
