-- purpose: what patients are referred for in a span of months
-- grain: referring institution × receiving institution × direction × disease group
-- params: first_month, last_month
-- columns: from_code, to_code, direction, disease_group_code, cases, rehabilitation_cases, cost
SELECT from_code, to_code, direction, disease_group_code,
       SUM(cases) AS cases,
       SUM(rehabilitation_cases) AS rehabilitation_cases,
       SUM(cost) AS cost
FROM fact_referral
WHERE month BETWEEN :first_month AND :last_month
GROUP BY from_code, to_code, direction, disease_group_code
ORDER BY from_code, to_code, direction, disease_group_code
