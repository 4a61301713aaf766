-- purpose: inpatient cases of the insured with their eligible cost, as fine as the claims go, for layered protection
-- grain: community × scheme × institution × disease group × town × month (one row of claims)
-- params: first_month, last_month
-- scope: population
-- columns: community_code, scheme, encounters, total_cost, eligible_cost, fund_paid, patient_paid
SELECT t.community_code, f.scheme, f.encounters, f.total_cost, f.eligible_cost, f.fund_paid, f.patient_paid
FROM fact_claim f
JOIN dim_town t ON t.town_code = f.town_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND f.service_kind = 'inpatient'
  AND f.encounters > 0
