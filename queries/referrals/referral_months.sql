-- purpose: referrals between institutions month by month, for the month player
-- grain: referring institution × receiving institution × direction × month
-- params: first_month, last_month, disease_group ('all' for every group)
-- columns: from_code, to_code, direction, month, cases, cost
SELECT from_code, to_code, direction, month,
       SUM(cases) AS cases,
       SUM(cost) AS cost
FROM fact_referral
WHERE month BETWEEN :first_month AND :last_month
  AND (CAST(:disease_group AS VARCHAR(64)) = 'all' OR disease_group_code = CAST(:disease_group AS VARCHAR(64)))
GROUP BY from_code, to_code, direction, month
ORDER BY month, from_code, to_code, direction
