-- purpose: claims of the in-county institution that treated
-- grain: unit of the treating institution × month × service kind × institution kind
-- params: level, community, months, scheme
-- scope: provider
-- columns: unit_code, month, service_kind, kind, encounters, total_cost, eligible_cost, fund_paid, patient_paid, drg_points, eligible_cost_missing, drg_points_missing
SELECT unit_code, month, service_kind, kind,
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
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, f.service_kind, i.kind,
         f.encounters, f.total_cost, f.eligible_cost, f.fund_paid, f.patient_paid, f.drg_points
  FROM agg_claim_month f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.month IN :months
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
    AND (CAST(:scheme AS VARCHAR(64)) = 'all' OR f.scheme = CAST(:scheme AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, service_kind, kind
