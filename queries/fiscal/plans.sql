-- purpose: what the budget approved for the institutions of the communities in one year, by way of compensation
-- grain: institution × track
-- params: year
-- columns: institution_code, track, approved
SELECT f.institution_code, f.track, f.approved
FROM fact_fiscal_plan f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.year = :year
  AND i.in_county
  AND i.community_code IS NOT NULL
ORDER BY f.institution_code, f.track
