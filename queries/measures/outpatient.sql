-- purpose: visits of in-county institutions
-- grain: unit of the level × month × institution kind × role
-- params: level, community, months
-- columns: unit_code, month, kind, role, visits, appointment_visits, tcm_visits, emergency_visits, infusion_visits, appointment_visits_missing, tcm_visits_missing, emergency_visits_missing, infusion_visits_missing
SELECT unit_code, month, kind, role,
       SUM(visits) AS visits,
       SUM(appointment_visits) AS appointment_visits,
       SUM(tcm_visits) AS tcm_visits,
       SUM(emergency_visits) AS emergency_visits,
       SUM(infusion_visits) AS infusion_visits,
       SUM(CASE WHEN appointment_visits IS NULL THEN 1 ELSE 0 END) AS appointment_visits_missing,
       SUM(CASE WHEN tcm_visits IS NULL THEN 1 ELSE 0 END) AS tcm_visits_missing,
       SUM(CASE WHEN emergency_visits IS NULL THEN 1 ELSE 0 END) AS emergency_visits_missing,
       SUM(CASE WHEN infusion_visits IS NULL THEN 1 ELSE 0 END) AS infusion_visits_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, i.kind, i.role,
         f.visits, f.appointment_visits, f.tcm_visits, f.emergency_visits, f.infusion_visits
  FROM fact_outpatient f
  JOIN dim_institution i ON i.institution_code = f.institution_code
  WHERE f.month IN :months
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, kind, role
