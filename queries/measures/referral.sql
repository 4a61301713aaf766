-- purpose: referrals, by the institution that referred
-- grain: unit of the referring institution × month × direction × receiver in alliance or not × role × for an inpatient disease group or not
-- params: level, community, months
-- scope: sender
-- columns: unit_code, month, direction, to_alliance, role, inpatient, cases, platform_cases, closed_cases, rehabilitation_cases, platform_cases_missing, closed_cases_missing, rehabilitation_cases_missing
SELECT unit_code, month, direction, to_alliance, role, inpatient,
       SUM(cases) AS cases,
       SUM(platform_cases) AS platform_cases,
       SUM(closed_cases) AS closed_cases,
       SUM(rehabilitation_cases) AS rehabilitation_cases,
       SUM(CASE WHEN platform_cases IS NULL THEN 1 ELSE 0 END) AS platform_cases_missing,
       SUM(CASE WHEN closed_cases IS NULL THEN 1 ELSE 0 END) AS closed_cases_missing,
       SUM(CASE WHEN rehabilitation_cases IS NULL THEN 1 ELSE 0 END) AS rehabilitation_cases_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, f.direction, r.in_alliance AS to_alliance, i.role, g.kind <> 'outpatient' AS inpatient,
         f.cases, f.platform_cases, f.closed_cases, f.rehabilitation_cases
  FROM fact_referral f
  JOIN dim_institution i ON i.institution_code = f.from_code
  JOIN dim_institution r ON r.institution_code = f.to_code
  JOIN dim_disease_group g ON g.disease_group_code = f.disease_group_code
  WHERE f.month IN :months
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, direction, to_alliance, role, inpatient
