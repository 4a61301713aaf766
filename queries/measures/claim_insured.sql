-- purpose: claims of the insured of a town, wherever they were treated
-- grain: unit of the insured's town × month × service kind × institution kind × in county × in province
-- params: level, community, months, scheme
-- scope: population
-- columns: unit_code, month, service_kind, kind, in_county, in_province, encounters, total_cost, eligible_cost, fund_paid, patient_paid, drg_points, eligible_cost_missing, drg_points_missing
SELECT unit_code, month, service_kind, kind, in_county, in_province,
       SUM(encounters) AS encounters,
       SUM(total_cost) AS total_cost,
       SUM(eligible_cost) AS eligible_cost,
       SUM(fund_paid) AS fund_paid,
       SUM(patient_paid) AS patient_paid,
       SUM(drg_points) AS drg_points,
       SUM(CASE WHEN eligible_cost IS NULL THEN 1 ELSE 0 END) AS eligible_cost_missing,
       SUM(CASE WHEN drg_points IS NULL THEN 1 ELSE 0 END) AS drg_points_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN t.community_code
           WHEN 'town' THEN t.town_code
         END AS unit_code,
         f.month, f.service_kind, i.kind, i.in_county, i.in_province,
         f.encounters, f.total_cost, f.eligible_cost, f.fund_paid, f.patient_paid, f.drg_points
  FROM agg_claim_month f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  JOIN dim_town t ON t.town_code = f.town_code
  WHERE f.month IN :months
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR t.community_code = CAST(:community AS VARCHAR(64)))
    AND (CAST(:scheme AS VARCHAR(64)) = 'all' OR f.scheme = CAST(:scheme AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, service_kind, kind, in_county, in_province
