-- purpose: inpatient quality counts of in-county institutions
-- grain: unit of the level × month × institution kind × role
-- params: level, community, months
-- columns: unit_code, month, kind, role, grouped_cases, case_weight_sum, surgical_discharges, operations, grade3_operations, grade4_operations, low_risk_cases, low_risk_deaths, deaths, readmissions, infections, diagnosis_matched, diagnosed_in_three_days, rescues, rescued, improved, falls, pressure_ulcers, long_stays, antibiotic_ddds, pathway_cases, grouped_cases_missing, case_weight_sum_missing, surgical_discharges_missing, operations_missing, grade3_operations_missing, grade4_operations_missing, low_risk_cases_missing, low_risk_deaths_missing, deaths_missing, readmissions_missing, infections_missing, diagnosis_matched_missing, diagnosed_in_three_days_missing, rescues_missing, rescued_missing, improved_missing, falls_missing, pressure_ulcers_missing, long_stays_missing, antibiotic_ddds_missing, pathway_cases_missing
SELECT unit_code, month, kind, role,
       SUM(grouped_cases) AS grouped_cases,
       SUM(case_weight_sum) AS case_weight_sum,
       SUM(surgical_discharges) AS surgical_discharges,
       SUM(operations) AS operations,
       SUM(grade3_operations) AS grade3_operations,
       SUM(grade4_operations) AS grade4_operations,
       SUM(low_risk_cases) AS low_risk_cases,
       SUM(low_risk_deaths) AS low_risk_deaths,
       SUM(deaths) AS deaths,
       SUM(readmissions) AS readmissions,
       SUM(infections) AS infections,
       SUM(diagnosis_matched) AS diagnosis_matched,
       SUM(diagnosed_in_three_days) AS diagnosed_in_three_days,
       SUM(rescues) AS rescues,
       SUM(rescued) AS rescued,
       SUM(improved) AS improved,
       SUM(falls) AS falls,
       SUM(pressure_ulcers) AS pressure_ulcers,
       SUM(long_stays) AS long_stays,
       SUM(antibiotic_ddds) AS antibiotic_ddds,
       SUM(pathway_cases) AS pathway_cases,
       SUM(CASE WHEN grouped_cases IS NULL THEN 1 ELSE 0 END) AS grouped_cases_missing,
       SUM(CASE WHEN case_weight_sum IS NULL THEN 1 ELSE 0 END) AS case_weight_sum_missing,
       SUM(CASE WHEN surgical_discharges IS NULL THEN 1 ELSE 0 END) AS surgical_discharges_missing,
       SUM(CASE WHEN operations IS NULL THEN 1 ELSE 0 END) AS operations_missing,
       SUM(CASE WHEN grade3_operations IS NULL THEN 1 ELSE 0 END) AS grade3_operations_missing,
       SUM(CASE WHEN grade4_operations IS NULL THEN 1 ELSE 0 END) AS grade4_operations_missing,
       SUM(CASE WHEN low_risk_cases IS NULL THEN 1 ELSE 0 END) AS low_risk_cases_missing,
       SUM(CASE WHEN low_risk_deaths IS NULL THEN 1 ELSE 0 END) AS low_risk_deaths_missing,
       SUM(CASE WHEN deaths IS NULL THEN 1 ELSE 0 END) AS deaths_missing,
       SUM(CASE WHEN readmissions IS NULL THEN 1 ELSE 0 END) AS readmissions_missing,
       SUM(CASE WHEN infections IS NULL THEN 1 ELSE 0 END) AS infections_missing,
       SUM(CASE WHEN diagnosis_matched IS NULL THEN 1 ELSE 0 END) AS diagnosis_matched_missing,
       SUM(CASE WHEN diagnosed_in_three_days IS NULL THEN 1 ELSE 0 END) AS diagnosed_in_three_days_missing,
       SUM(CASE WHEN rescues IS NULL THEN 1 ELSE 0 END) AS rescues_missing,
       SUM(CASE WHEN rescued IS NULL THEN 1 ELSE 0 END) AS rescued_missing,
       SUM(CASE WHEN improved IS NULL THEN 1 ELSE 0 END) AS improved_missing,
       SUM(CASE WHEN falls IS NULL THEN 1 ELSE 0 END) AS falls_missing,
       SUM(CASE WHEN pressure_ulcers IS NULL THEN 1 ELSE 0 END) AS pressure_ulcers_missing,
       SUM(CASE WHEN long_stays IS NULL THEN 1 ELSE 0 END) AS long_stays_missing,
       SUM(CASE WHEN antibiotic_ddds IS NULL THEN 1 ELSE 0 END) AS antibiotic_ddds_missing,
       SUM(CASE WHEN pathway_cases IS NULL THEN 1 ELSE 0 END) AS pathway_cases_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, i.kind, i.role,
         f.grouped_cases, f.case_weight_sum, f.surgical_discharges, f.operations, f.grade3_operations,
         f.grade4_operations, f.low_risk_cases, f.low_risk_deaths, f.deaths, f.readmissions, f.infections,
         f.diagnosis_matched, f.diagnosed_in_three_days, f.rescues, f.rescued, f.improved, f.falls,
         f.pressure_ulcers, f.long_stays, f.antibiotic_ddds, f.pathway_cases
  FROM fact_inpatient_quality f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.month IN :months
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, kind, role
