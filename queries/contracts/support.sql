-- purpose: support of members by lead hospitals
-- grain: lead × member × kind × month
-- params: first_month, last_month
-- columns: lead_code, member_code, kind, month, sessions, people
SELECT lead_code, member_code, kind, month, sessions, people
FROM fact_support
WHERE month BETWEEN :first_month AND :last_month
ORDER BY lead_code, member_code, kind, month
