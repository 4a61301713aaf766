-- purpose: referrals between institutions in a span of months
-- grain: referring institution × receiving institution × direction
-- params: first_month, last_month, disease_group ('all' for every group)
-- columns: from_code, to_code, direction, cases, closed_cases, platform_cases, rehabilitation_cases, cost
SELECT from_code, to_code, direction,
       SUM(cases) AS cases,
       SUM(closed_cases) AS closed_cases,
       SUM(platform_cases) AS platform_cases,
       SUM(rehabilitation_cases) AS rehabilitation_cases,
       SUM(cost) AS cost
FROM fact_referral
WHERE month BETWEEN :first_month AND :last_month
  AND (CAST(:disease_group AS VARCHAR(64)) = 'all' OR disease_group_code = CAST(:disease_group AS VARCHAR(64)))
GROUP BY from_code, to_code, direction
ORDER BY from_code, to_code, direction
