-- purpose: points, cases and staff with points of practice and prescribing; no person is stored
-- grain: one row per institution, kind and month
-- params: first_month, last_month, kinds
-- columns: institution_code, kind, month, cases, points, people
SELECT c.institution_code, c.kind, c.month, c.cases, c.demerit_points AS points, c.people_with_points AS people
FROM fact_conduct AS c
JOIN dim_institution AS i ON i.institution_code = c.institution_code
WHERE c.month BETWEEN :first_month AND :last_month AND c.kind IN :kinds AND i.in_county
