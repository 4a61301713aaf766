-- purpose: support sessions by lead hospitals
-- grain: lead × member × kind, over a period
-- params: first_month, last_month
-- columns: lead_code, member_code, kind, sessions, people
SELECT lead_code, member_code, kind, SUM(sessions) AS sessions, SUM(people) AS people
FROM fact_support
WHERE month BETWEEN :first_month AND :last_month
GROUP BY lead_code, member_code, kind
ORDER BY lead_code, member_code, kind
