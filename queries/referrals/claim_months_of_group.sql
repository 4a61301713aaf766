-- purpose: where the insured of each town are treated for one disease group month by month, for the month player; pharmacies left out
-- grain: insured town × treating institution × month
-- params: first_month, last_month, scheme ('all' for both), service_kind ('all' for every kind but pharmacy), disease_group
-- scope: population
-- columns: from_code, to_code, month, cases, cost, fund_paid
SELECT town_code AS from_code, institution_code AS to_code, month,
       SUM(encounters) AS cases,
       SUM(total_cost) AS cost,
       SUM(fund_paid) AS fund_paid
FROM fact_claim
WHERE month BETWEEN :first_month AND :last_month
  AND service_kind <> 'pharmacy'
  AND (CAST(:scheme AS VARCHAR(64)) = 'all' OR scheme = CAST(:scheme AS VARCHAR(64)))
  AND (CAST(:service_kind AS VARCHAR(64)) = 'all' OR service_kind = CAST(:service_kind AS VARCHAR(64)))
  AND disease_group_code = :disease_group
GROUP BY town_code, institution_code, month
ORDER BY month, town_code, institution_code
