-- purpose: the claims without their disease groups, for agg_claim_month
-- grain: one row per insured town, scheme, institution, service kind and month
-- params: months (list of first days)
-- scope: county
-- columns: town_code, scheme, institution_code, service_kind, month, encounters, total_cost, eligible_cost, fund_paid, patient_paid, drg_points, county_code
SELECT
    town_code,
    scheme,
    institution_code,
    service_kind,
    month,
    SUM(encounters) AS encounters,
    SUM(total_cost) AS total_cost,
    SUM(eligible_cost) AS eligible_cost,
    SUM(fund_paid) AS fund_paid,
    SUM(patient_paid) AS patient_paid,
    SUM(drg_points) AS drg_points,
    county_code
FROM fact_claim
WHERE month IN :months
GROUP BY town_code, scheme, institution_code, service_kind, month, county_code
