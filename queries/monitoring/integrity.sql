-- purpose: breaches of integrity rules and improper uses of the fund; of an institution, no person is stored
-- grain: one row per institution and month
-- params: first_month, last_month, kinds
-- columns: institution_code, month, cases
SELECT c.institution_code, c.month, SUM(c.cases) AS cases
FROM fact_conduct AS c
JOIN dim_institution AS i ON i.institution_code = c.institution_code
WHERE c.month BETWEEN :first_month AND :last_month AND c.kind IN :kinds AND i.in_county
GROUP BY c.institution_code, c.month
