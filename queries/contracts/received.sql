-- purpose: patients referred down to members
-- grain: receiver × month
-- params: first_month, last_month
-- scope: receiver
-- columns: to_code, direction, month, cases
SELECT to_code, direction, month, SUM(cases) AS cases
FROM fact_referral
WHERE month BETWEEN :first_month AND :last_month AND direction = 'down'
GROUP BY to_code, direction, month
ORDER BY to_code, month
